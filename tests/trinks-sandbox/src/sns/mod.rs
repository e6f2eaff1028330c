//! The Amazon SNS side: certificates, signed envelopes, the subscription and its deliveries.

pub(crate) mod authority;
pub(crate) mod delivery;
pub(crate) mod envelope;
pub(crate) mod subscription;

use crate::call::{Call, Reply};
use crate::server::Shared;
use std::sync::Arc;

/// What SNS itself serves: the signing certificate, and the visits to `SubscribeURL` and `UnsubscribeURL`.
pub(crate) async fn serve(shared: &Arc<Shared>, call: &Call) -> Reply {
    let certificate = shared.authority.certificate_path();
    match (call.method.as_str(), call.path.as_str(), call.query("Action")) {
        ("GET", path, _) if path == certificate => {
            Reply::text(200, "application/x-pem-file", shared.authority.chain_pem.clone())
        }
        ("GET", "/", Some("ConfirmSubscription")) => confirm(shared, call),
        ("GET", "/", Some("Unsubscribe")) => unsubscribe(shared, call).await,
        _ => xml_error(404, "NotFound", "Not found"),
    }
}

fn confirm(shared: &Shared, call: &Call) -> Reply {
    let (topic, token) = (call.query("TopicArn").unwrap_or_default(), call.query("Token").unwrap_or_default());
    match shared.with(|world| world.subscription.confirm(topic, token)) {
        Ok(arn) => xml("ConfirmSubscription", &format!("<SubscriptionArn>{arn}</SubscriptionArn>")),
        Err(subscription::Refusal::Topic) => xml_error(404, "NotFound", "Topic does not exist"),
        Err(subscription::Refusal::Token) => xml_error(403, "AuthorizationError", "Invalid token"),
    }
}

async fn unsubscribe(shared: &Arc<Shared>, call: &Call) -> Reply {
    let arn = call.query("SubscriptionArn");
    let known = shared.with(|world| arn.is_some() && world.subscription.arn.as_deref() == arn);
    if !known {
        return xml_error(404, "NotFound", "Subscription does not exist");
    }
    delivery::farewell(shared, &envelope::Marks::default()).await;
    xml("Unsubscribe", "")
}

fn xml(action: &str, result: &str) -> Reply {
    let id = uuid::Uuid::new_v4();
    let body = format!(
        "<{action}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <{action}Result>{result}</{action}Result>\n  \
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>\n</{action}Response>\n"
    );
    Reply::text(200, "text/xml", body)
}

fn xml_error(status: u16, code: &str, message: &str) -> Reply {
    let id = uuid::Uuid::new_v4();
    let body = format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error>\n  <RequestId>{id}</RequestId>\n</ErrorResponse>\n"
    );
    Reply::text(status, "text/xml", body)
}
