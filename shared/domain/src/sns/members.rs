//! The members of a message's JSON object, with their values exactly as they decode.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::not_authentic::NotAuthentic;

/// The members that are read, by their name in the HTTP spelling.
#[derive(Default)]
pub(super) struct Members {
    found: BTreeMap<&'static str, Value>,
    repeated: Option<&'static str>,
}

impl Members {
    /// Reads an object. Members that are not of an SNS message are skipped, whatever they hold.
    pub(super) fn read(body: &str) -> Result<Self, NotAuthentic> {
        let members: Self = serde_json::from_str(body)
            .map_err(|error| NotAuthentic::NotJson { line: error.line(), column: error.column() })?;
        match members.repeated {
            Some(name) => Err(NotAuthentic::Repeated(name)),
            None => Ok(members),
        }
    }

    /// A member that must be there and a string.
    pub(super) fn text(&mut self, name: &'static str) -> Result<String, NotAuthentic> {
        match self.found.remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(NotAuthentic::NotAString(name)),
            None => Err(NotAuthentic::Missing(name)),
        }
    }

    /// A member that may be missing, or null, which counts as missing.
    pub(super) fn optional(&mut self, name: &'static str) -> Result<Option<String>, NotAuthentic> {
        match self.found.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.text(name).map(Some),
        }
    }
}

/// The HTTP spelling of a member that is read. SNS spells some differently in the records it hands to a Lambda
/// function; the signed text has the HTTP spelling in both cases.
fn known(name: &str) -> Option<&'static str> {
    Some(match name {
        "Type" => "Type",
        "MessageId" => "MessageId",
        "TopicArn" => "TopicArn",
        "Subject" => "Subject",
        "Message" => "Message",
        "Timestamp" => "Timestamp",
        "Token" => "Token",
        "SubscribeURL" | "SubscribeUrl" => "SubscribeURL",
        "SignatureVersion" => "SignatureVersion",
        "Signature" => "Signature",
        "SigningCertURL" | "SigningCertUrl" => "SigningCertURL",
        _ => return None,
    })
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collector)
    }
}

struct Collector;

impl<'de> Visitor<'de> for Collector {
    type Value = Members;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key::<String>()? {
            match known(&name) {
                Some(name) if members.found.contains_key(name) => {
                    members.repeated = Some(name);
                    map.next_value::<IgnoredAny>()?;
                }
                Some(name) => {
                    members.found.insert(name, map.next_value()?);
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
    }
}
