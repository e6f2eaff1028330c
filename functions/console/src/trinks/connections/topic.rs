//! A connection's topic: approved by a person, or given up for another.

use jiff::Timestamp;
use lambda_http::{Body, Response};
use ponte_domain::sns::TopicArn;
use ponte_domain::trinks::ConnectionId;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_trinks::connection::{AwaitingTopic, Connection, Subscription, SubscriptionStatus};
use utoipa::ToSchema;

use super::view::ConnectionView;
use super::{Connections, connection, stored, write};
use crate::access::{Caller, Role};
use crate::call::Call;
use crate::problem::Problem;
use crate::views::whole_second;
use crate::{limits, read};

/// Which topic to accept.
#[derive(ToSchema)]
#[schema(as = TrinksTopicBody)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct TopicBody {
    /// One of the connection's `awaiting_topics`.
    #[schema(max_length = 400, example = "arn:aws:sns:us-east-1:441135549897:prd_integracao_exemplo")]
    topic_arn: String,
}

/// Approves a topic that awaits it: pins it and confirms the subscription.
///
/// From then on only its messages are accepted. Whoever approves vouches that it is the topic of this account at Trinks: the
/// signature proves Amazon and the AWS account, not which customer of Trinks. Repeating is harmless, and finishes what SNS
/// did not confirm the first time. Needs the role manager.
#[utoipa::path(put, path = "/console/v1/trinks/connections/{connection}/topic", tag = "trinks",
    operation_id = "approve_trinks_topic",
    params(("connection" = String, Path, description = "The connection's slug", pattern = "^[a-z0-9-]{1,40}$")),
    request_body = TopicBody,
    responses(
        (status = 200, body = ConnectionView, description = "Pinned and confirmed, now or before"),
        (status = 404, description = "`connection_not_found`, `topic_not_awaiting`"),
        (status = 409, description = "`topic_of_another_account`, `topic_pinned`, `topic_taken`, `changed_meanwhile`"),
        (status = 503, description = "`not_confirmed`: pinned, but SNS did not confirm; repeat")))]
pub(crate) async fn approve(
    connections: &Connections,
    call: &Call<'_>,
    caller: &Caller,
    id: &ConnectionId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let console = &connections.console;
    let topic = read::required_text(&call.body(&["topic_arn"], &[])?, "topic_arn", limits::TOPIC_ARN_CHARS)?;
    let topic = TopicArn::parse(&topic).map_err(|_| Problem::field("topic_arn", "the ARN of an SNS topic"))?;
    let found = connection(console, id).await?;
    let waiting: Option<AwaitingTopic> = console.table.get(&keys::trinks_topic(topic.as_str())).await?;
    let Some(waiting) = waiting.filter(|waiting| call.now.as_second() < waiting.ttl) else {
        if is_confirmed(&found, &topic) {
            return Ok(json(200, &connections.view(found, call.now).await?));
        }
        return Err(not_awaiting());
    };
    may_pin(&found, &topic, &stored(console).await?)?;
    let confirmed = pin(connections, found, waiting, call.now).await?;
    caller.did("approve_trinks_topic", format!("{id} {topic}"));
    Ok(json(200, &connections.view(confirmed, call.now).await?))
}

fn not_awaiting() -> Problem {
    let message = "No confirmation of this topic waits, or it has lapsed (they live three days). Have Trinks send \
                   another: save the address of the webhooks there once more.";
    Problem::not_found("topic_not_awaiting", message)
}

fn is_confirmed(connection: &Connection, topic: &TopicArn) -> bool {
    connection.topic.as_ref() == Some(topic) && connection.subscription.status == SubscriptionStatus::Confirmed
}

/// Pins, confirms, and forgets the token.
async fn pin(
    connections: &Connections,
    mut connection: Connection,
    waiting: AwaitingTopic,
    now: Timestamp,
) -> Result<Connection, Problem> {
    let console = &connections.console;
    let stands = |status, arn| Subscription { status, since: whole_second(now), arn };
    connection.topic = Some(waiting.topic.clone());
    connection.subscription = stands(SubscriptionStatus::Confirming, None);
    if waiting.address_of.as_ref() == Some(&connection.id) {
        connection.own_address_since.get_or_insert(whole_second(now));
    }
    // Pinned before SNS is told: events may come at once.
    let pinned = write(console, connection).await?;
    let arn = connections.confirmer.confirm(&waiting.topic, &waiting.token).await.map_err(|failure| {
        tracing::warn!(event = "trinks_not_confirmed", connection = %pinned.id, failure = %failure);
        Problem::unavailable("not_confirmed", "The topic is pinned, but SNS did not confirm the subscription. Repeat.")
    })?;
    let subscription = stands(SubscriptionStatus::Confirmed, arn);
    let confirmed = write(console, Connection { subscription, ..pinned }).await?;
    console.table.delete(&keys::trinks_topic(waiting.topic.as_str())).await?;
    Ok(confirmed)
}

/// What stands against pinning a topic to a connection.
fn may_pin(connection: &Connection, topic: &TopicArn, all: &[Connection]) -> Result<(), Problem> {
    if *topic.account() != connection.aws_account || topic.region() != connection.region {
        let message = format!(
            "The connection expects topics of the account {} in {}. Change that first, if this one is right.",
            connection.aws_account, connection.region
        );
        return Err(Problem::conflict("topic_of_another_account", message));
    }
    if let Some(pinned) = connection.topic.as_ref().filter(|pinned| *pinned != topic) {
        let message = format!("The topic {pinned} is pinned. Unpin it first: DELETE .../topic.");
        return Err(Problem::conflict("topic_pinned", message));
    }
    let taken = all.iter().find(|other| other.id != connection.id && other.topic.as_ref() == Some(topic));
    match taken {
        Some(other) => {
            Err(Problem::conflict("topic_taken", format!("The topic is that of the connection `{}`.", other.id)))
        }
        None => Ok(()),
    }
}

/// Unpins the topic: when Trinks changed it.
///
/// Messages of the old topic are refused from then on, and lost. The confirmation of a new one, if it came, is among
/// `awaiting_topics`: approve it next. With `pinning: automatic` the next validly signed confirmation pins its topic.
/// Repeating is harmless. Needs the role owner.
#[utoipa::path(delete, path = "/console/v1/trinks/connections/{connection}/topic", tag = "trinks",
    operation_id = "unpin_trinks_topic",
    params(("connection" = String, Path, description = "The connection's slug", pattern = "^[a-z0-9-]{1,40}$")),
    responses(
        (status = 200, body = ConnectionView, description = "The connection without a topic"),
        (status = 404, description = "No such connection"),
        (status = 409, description = "`changed_meanwhile`")))]
pub(crate) async fn unpin(
    connections: &Connections,
    call: &Call<'_>,
    caller: &Caller,
    id: &ConnectionId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Owner)?;
    let mut found = connection(&connections.console, id).await?;
    if let Some(topic) = found.topic.take() {
        found.subscription =
            Subscription { status: SubscriptionStatus::Awaiting, since: whole_second(call.now), arn: None };
        found = write(&connections.console, found).await?;
        caller.did("unpin_trinks_topic", format!("{id} {topic}"));
    }
    Ok(json(200, &connections.view(found, call.now).await?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::body::tests::{MINIMUM, new};
    use super::*;

    fn topic(name: &str) -> TopicArn {
        TopicArn::parse(&format!("arn:aws:sns:us-east-1:441135549897:{name}")).unwrap()
    }

    #[test]
    fn a_topic_is_pinned_to_one_connection_that_expects_it_and_has_no_other() {
        let free = new(MINIMUM);
        let other = Connection { id: ConnectionId::parse("other").unwrap(), topic: Some(topic("a")), ..free.clone() };
        let pinned = Connection { topic: Some(topic("b")), ..free.clone() };
        let elsewhere = Connection { region: "sa-east-1".into(), ..free.clone() };
        let code = |connection: &Connection, name: &str| {
            let all = [connection.clone(), other.clone()];
            may_pin(connection, &topic(name), &all).err().map(|problem| problem.code())
        };
        assert_eq!(code(&free, "b"), None);
        assert_eq!(code(&pinned, "b"), None, "an approval that was broken off goes on");
        assert_eq!(code(&pinned, "c"), Some("topic_pinned"));
        assert_eq!(code(&free, "a"), Some("topic_taken"));
        assert_eq!(code(&elsewhere, "b"), Some("topic_of_another_account"));
    }
}
