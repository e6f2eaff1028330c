//! What a PUT says of a connection.

use jiff::Timestamp;
use ponte_domain::quota::{QuotaPlan, QuotaSettings};
use ponte_domain::sns::AwsAccountId;
use ponte_domain::trinks::ConnectionId;
use ponte_platform::fields::Fields;
use ponte_trinks::connection::{Connection, Pinning, Subscription, SubscriptionStatus};
use utoipa::ToSchema;

use crate::call::known_only;
use crate::problem::Problem;
use crate::views::whole_second;
use crate::{limits, read};

/// The AWS account and region of Trinks' topics, seen in production once (contract section 8.1, rule 3).
const TRINKS_ACCOUNT: &str = "441135549897";
const TRINKS_REGION: &str = "us-east-1";

/// What the name of every secret that holds an API key begins with: `<stack>/trinks/`. The Lambdas that call Trinks may read no
/// others by their connection, so that no other secret can be made to travel to Trinks as a key.
#[derive(Debug, Clone)]
pub struct SecretFolder(String);

impl SecretFolder {
    /// A folder by its name, with the slash at its end.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self(name)
    }
}

/// What a PUT says of a connection.
#[derive(ToSchema)]
#[schema(as = TrinksConnectionBody)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionBody {
    /// Its name. Required for a new connection.
    #[schema(min_length = 1, max_length = 100, example = "Rede Demonstração")]
    name: Option<String>,
    /// Name or ARN of the secret that holds the API key: `<stack>/trinks/<name>`. Never the key itself. Required for a new
    /// connection.
    #[schema(max_length = 600, example = "ponte/trinks/demo")]
    api_key_secret: Option<String>,
    /// The AWS account whose topics are accepted; Trinks' own by default.
    #[schema(pattern = "^[0-9]{12}$", example = "441135549897")]
    aws_account: Option<String>,
    /// The region of its topics; `us-east-1` by default.
    #[schema(max_length = 32, example = "us-east-1")]
    region: Option<String>,
    #[schema(value_type = Option<PinningName>)]
    pinning: Option<Pinning>,
    /// What its key may call. What is not named keeps its value; 60 a minute and 5,000 a month by default.
    quota: Option<QuotaBody>,
    /// The version that was read: 409 when the connection was changed since. Absent, no such check is made.
    version: Option<u64>,
}

/// What a key may call.
#[derive(ToSchema)]
#[schema(as = TrinksQuotaBody)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuotaBody {
    /// Calls a minute, at least 1. What is kept for each lane changes in proportion.
    per_minute: Option<u32>,
    /// Calls a month, at least 1.
    per_month: Option<u32>,
    /// The day of the month on which the month's count begins anew.
    #[schema(minimum = 1, maximum = 28)]
    reset_day: Option<u8>,
    /// The IANA name of the zone in which that day begins.
    #[schema(max_length = 40, example = "America/Sao_Paulo")]
    time_zone: Option<String>,
}

/// `automatic`: the first validly signed confirmation from the account pins its topic. `approval` (the default): a person
/// accepts it by name.
#[derive(ToSchema)]
#[schema(as = TrinksPinning, rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the names of another type")]
pub(crate) enum PinningName {
    Automatic,
    Approval,
}

impl ConnectionBody {
    pub(super) const NAMES: &[&str] =
        &["name", "api_key_secret", "aws_account", "region", "pinning", "quota", "version"];

    pub(super) fn read(fields: &Fields<'_>, folder: &SecretFolder) -> Result<Self, Problem> {
        Ok(Self {
            name: read::text(fields, "name", limits::NAME_CHARS)?,
            api_key_secret: secret(fields, folder)?,
            aws_account: fields.text("aws_account")?,
            region: read::text(fields, "region", ponte_domain::sns::limits::REGION_CHARS)?,
            pinning: pinning(fields)?,
            quota: fields.object("quota")?.map(|quota| QuotaBody::read(&quota)).transpose()?,
            version: fields.integer("version")?,
        })
    }

    pub(super) fn check_version(&self, read: u64) -> Result<(), Problem> {
        if self.version.is_none_or(|version| version == read) {
            Ok(())
        } else {
            Err(Problem::changed_meanwhile("connection"))
        }
    }

    pub(super) fn new_connection(self, id: ConnectionId, now: Timestamp) -> Result<Connection, Problem> {
        let empty = Connection {
            id,
            name: read::required(self.name.clone(), "name")?,
            api_key_secret: read::required(self.api_key_secret.clone(), "api_key_secret")?,
            aws_account: account(TRINKS_ACCOUNT)?,
            region: TRINKS_REGION.to_owned(),
            topic: None,
            pinning: Pinning::Approval,
            subscription: Subscription { status: SubscriptionStatus::Awaiting, since: whole_second(now), arn: None },
            own_address_since: None,
            quota: QuotaSettings::default(),
            version: 0,
        };
        self.applied(empty)
    }

    pub(super) fn applied(self, old: Connection) -> Result<Connection, Problem> {
        let next = Connection {
            name: self.name.unwrap_or(old.name),
            api_key_secret: self.api_key_secret.unwrap_or(old.api_key_secret),
            aws_account: self.aws_account.as_deref().map(account).transpose()?.unwrap_or(old.aws_account),
            region: self.region.unwrap_or(old.region),
            pinning: self.pinning.unwrap_or(old.pinning),
            quota: match self.quota {
                Some(quota) => quota.applied(old.quota)?,
                None => old.quota,
            },
            ..old
        };
        let pinned_elsewhere = |topic: &&ponte_domain::sns::TopicArn| {
            !(*topic.account() == next.aws_account && topic.region() == next.region)
        };
        if let Some(topic) = next.topic.as_ref().filter(pinned_elsewhere) {
            let message = format!(
                "The topic {topic} is pinned, and all its messages would be refused. Unpin it first: DELETE .../topic."
            );
            return Err(Problem::conflict("topic_pinned", message));
        }
        Ok(next)
    }
}

impl QuotaBody {
    fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        known_only(fields, &["per_minute", "per_month", "reset_day", "time_zone"], &[])?;
        Ok(Self {
            per_minute: read::whole(fields, "per_minute", &limits::QUOTA_CALLS)?,
            per_month: read::whole(fields, "per_month", &limits::QUOTA_CALLS)?,
            reset_day: read::whole(fields, "reset_day", &limits::RESET_DAY)?,
            time_zone: read::text(fields, "time_zone", limits::TIME_ZONE_CHARS)?,
        })
    }

    /// The quota's own rules decide, and say what is wrong.
    fn applied(self, old: QuotaSettings) -> Result<QuotaSettings, Problem> {
        let per_minute = self.per_minute.unwrap_or(old.per_minute);
        let per_month = self.per_month.unwrap_or(old.per_month);
        let (minute_reserves, month_reserves) = if (per_minute, per_month) == (old.per_minute, old.per_month) {
            (old.minute_reserves, old.month_reserves)
        } else {
            let usual = QuotaSettings::for_limits(per_minute, per_month);
            (usual.minute_reserves, usual.month_reserves)
        };
        let next = QuotaSettings {
            per_minute,
            per_month,
            reset_day: self.reset_day.unwrap_or(old.reset_day),
            zone: self.time_zone.unwrap_or(old.zone),
            minute_reserves,
            month_reserves,
            ..old
        };
        let refused = |error| Problem::bad("invalid_quota", format!("This quota cannot be: {error}."));
        QuotaPlan::new(next).map(|plan| plan.settings().clone()).map_err(refused)
    }
}

fn account(text: &str) -> Result<AwsAccountId, Problem> {
    AwsAccountId::parse(text).map_err(|_| Problem::field("aws_account", "the twelve digits of an AWS account"))
}

fn pinning(fields: &Fields<'_>) -> Result<Option<Pinning>, Problem> {
    match fields.text("pinning")?.as_deref() {
        None => Ok(None),
        Some("automatic") => Ok(Some(Pinning::Automatic)),
        Some("approval") => Ok(Some(Pinning::Approval)),
        Some(_) => Err(Problem::field("pinning", "`automatic` or `approval`")),
    }
}

/// The message does not repeat what was sent: it may be a key, sent by mistake.
fn secret(fields: &Fields<'_>, SecretFolder(folder): &SecretFolder) -> Result<Option<String>, Problem> {
    let must = || {
        let must = format!("the name or ARN of a secret `{folder}<name>` in Secrets Manager; never the key itself");
        Problem::field("api_key_secret", must)
    };
    let Some(text) = fields.text("api_key_secret")? else { return Ok(None) };
    let name = match text.strip_prefix("arn:aws:secretsmanager:") {
        Some(rest) => rest.split_once(":secret:").map(|(_, name)| name).ok_or_else(must)?,
        None => text.as_str(),
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    let in_folder = name.strip_prefix(folder.as_str()).is_some_and(|rest| !rest.is_empty());
    let right = in_folder && name.bytes().all(allowed) && text.len() <= limits::SECRET_ID_CHARS;
    right.then_some(Some(text)).ok_or_else(must)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn body(json: &str) -> Result<ConnectionBody, Problem> {
        ConnectionBody::read(&Fields::parse(json).unwrap(), &folder())
    }

    pub(in super::super) fn folder() -> SecretFolder {
        SecretFolder::new("ponte/trinks/".into())
    }

    pub(in super::super) fn new(json: &str) -> Connection {
        body(json).unwrap().new_connection(ConnectionId::parse("demo").unwrap(), Timestamp::UNIX_EPOCH).unwrap()
    }

    pub(in super::super) const MINIMUM: &str = r#"{"name":"Demo","api_key_secret":"ponte/trinks/demo"}"#;

    #[test]
    fn a_new_connection_awaits_trinks_own_topics_and_a_persons_approval() {
        let made = new(MINIMUM);
        assert_eq!((made.aws_account.as_str(), made.region.as_str()), ("441135549897", "us-east-1"));
        assert_eq!((made.pinning, made.version), (Pinning::Approval, 0));
        assert_eq!(made.subscription.status, SubscriptionStatus::Awaiting);
        assert_eq!(made.quota, QuotaSettings::default());
        let nameless = body(r#"{"api_key_secret":"ponte/trinks/demo"}"#).unwrap();
        let problem = nameless.new_connection(ConnectionId::parse("demo").unwrap(), Timestamp::UNIX_EPOCH);
        assert_eq!(problem.unwrap_err().code(), "missing_field");
    }

    #[test]
    fn a_secret_outside_of_this_stacks_folder_is_refused_and_the_folder_named() {
        // IAM lets the Lambdas read this stack's folder alone.
        let elsewhere = "arn:aws:secretsmanager:sa-east-1:123456789012:secret:other/trinks/demo-AbCdEf";
        for wrong in ["other/trinks/demo", "x/ponte/trinks/demo", "ponte-2/trinks/demo", "ponte/trinks/", elsewhere] {
            let problem = body(&format!(r#"{{"api_key_secret":"{wrong}"}}"#)).err().unwrap();
            assert_eq!((problem.code(), problem.status()), ("invalid_field", 400), "{wrong}");
            assert!(format!("{problem:?}").contains("ponte/trinks/<name>"), "{problem:?}");
        }
    }

    #[test]
    fn only_a_secret_of_trinks_folder_is_named_and_a_key_never_repeated() {
        let arn = "arn:aws:secretsmanager:sa-east-1:123456789012:secret:ponte/trinks/demo-AbCdEf";
        assert!(body(&format!(r#"{{"api_key_secret":"{arn}"}}"#)).is_ok());
        let identity = "arn:aws:secretsmanager:sa-east-1:123456789012:secret:ponte/identity-AbCdEf";
        for wrong in ["kT9xPq2LmZ8rVb4N", identity, "/trinks/x", "ponte/trinks/a b", "arn:aws:sqs:x"] {
            let problem = body(&format!(r#"{{"api_key_secret":"{wrong}"}}"#)).err().unwrap();
            assert_eq!(problem.code(), "invalid_field", "{wrong}");
            assert!(!format!("{problem:?}").contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_quota_keeps_what_is_not_named_and_is_checked_as_a_whole() {
        let changed = body(r#"{"quota":{"per_month":10000}}"#).unwrap().applied(new(MINIMUM)).unwrap().quota;
        assert_eq!((changed.per_minute, changed.per_month, changed.reset_day), (60, 10_000, 1));
        assert_eq!(changed.month_reserves.interactive, 1_500, "what is reserved grows with the limit");
        for wrong in [r#"{"per_month":0}"#, r#"{"reset_day":29}"#, r#"{"time_zone":"America/Nowhere"}"#] {
            let problem = body(&format!(r#"{{"quota":{wrong}}}"#)).unwrap().applied(new(MINIMUM)).unwrap_err();
            assert_eq!(problem.code(), "invalid_quota", "{wrong}");
        }
        assert_eq!(body(r#"{"quota":{"per_day":1}}"#).err().unwrap().code(), "unknown_field");
    }

    #[test]
    fn a_pinned_topic_stays_acceptable() {
        let topic = ponte_domain::sns::TopicArn::parse("arn:aws:sns:us-east-1:441135549897:prd").unwrap();
        let pinned = Connection { topic: Some(topic), ..new(MINIMUM) };
        assert!(body(r#"{"region":"us-east-1"}"#).unwrap().applied(pinned.clone()).is_ok());
        for change in [r#"{"region":"sa-east-1"}"#, r#"{"aws_account":"123456789012"}"#] {
            let problem = body(change).unwrap().applied(pinned.clone()).unwrap_err();
            assert_eq!(problem.code(), "topic_pinned", "{change}");
        }
    }
}
