//! The ways to reach a customer. Each tells a certain failure from an unknown outcome: only the first may be repeated.

use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::types::MessageAttributeValue;
use ponte_domain::personal::{Email, Phone};
use ponte_platform::aws::{Aws, Repetition};
use ponte_platform::failure::Failure;
use ponte_platform::settings;

/// Why a message is not known to be on its way.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// It certainly did not leave: it may be tried again.
    #[error("refused: {0}")]
    Refused(String),
    /// It may have left (no answer in time): it must not be repeated blindly.
    #[error("outcome unknown: {0}")]
    Unknown(String),
}

/// Where a message goes.
#[derive(Debug, Clone)]
pub enum Recipient {
    /// A text message.
    Sms(Phone),
    /// An e-mail.
    Email(Email),
}

/// What a customer reads. It prints masked: it may hold a PIN.
#[derive(Clone)]
pub struct Text {
    /// Subject of an e-mail.
    pub subject: String,
    /// The text. Plain ASCII: one accent would cut a text message's length to less than half.
    pub body: String,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Text(***)")
    }
}

/// Amazon SNS for text messages, Amazon SES for e-mail.
pub struct Channels {
    sns: aws_sdk_sns::Client,
    ses: aws_sdk_sesv2::Client,
    email_from: Option<String>,
}

impl Channels {
    /// Reads the settings of the channels.
    #[must_use]
    pub fn from_env(aws: &Aws) -> Self {
        // An e-mail is not repeated by the client: this module decides.
        let ses = aws_sdk_sesv2::Client::new(&aws.config("SESV2", Repetition::OfTheCallersOwn));
        Self { sns: aws.sns(), ses, email_from: settings::optional("PONTE_EMAIL_FROM") }
    }

    /// Sends one message, once.
    pub async fn send(&self, recipient: &Recipient, text: &Text) -> Result<(), NotSent> {
        match recipient {
            Recipient::Sms(phone) => self.send_sms(phone, text).await,
            Recipient::Email(email) => self.send_email(email, text).await,
        }
    }

    async fn send_sms(&self, phone: &Phone, text: &Text) -> Result<(), NotSent> {
        let transactional = MessageAttributeValue::builder().data_type("String").string_value("Transactional").build();
        let transactional = transactional.map_err(|error| NotSent::Refused(error.to_string()))?;
        let request = self.sns.publish().phone_number(phone.expose()).message(&text.body);
        let answer = request.message_attributes("AWS.SNS.SMS.SMSType", transactional).send().await;
        answer.map(drop).map_err(|error| not_sent(&error))
    }

    async fn send_email(&self, email: &Email, text: &Text) -> Result<(), NotSent> {
        let from = self.email_from.as_deref().ok_or_else(|| NotSent::Refused("PONTE_EMAIL_FROM is not set".into()))?;
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
        let built = content(&text.subject).and_then(|subject| Ok((subject, content(&text.body)?)));
        let (subject, body) = built.map_err(|error| NotSent::Refused(error.to_string()))?;
        let message = Message::builder().subject(subject).body(Body::builder().text(body).build()).build();
        let request = self.ses.send_email().from_email_address(from);
        let request = request.destination(Destination::builder().to_addresses(email.expose()).build());
        let answer = request.content(EmailContent::builder().simple(message).build()).send().await;
        answer.map(drop).map_err(|error| not_sent(&error))
    }
}

/// A service that answered with an error did not send; a silence may have. Only the error's code is kept:
/// its text names the recipient.
fn not_sent<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> NotSent {
    match error {
        SdkError::ServiceError(service) => NotSent::Refused(service.err().code().unwrap_or("unknown code").to_owned()),
        SdkError::ConstructionFailure(_) => NotSent::Refused("the request could not be built".into()),
        SdkError::DispatchFailure(_) => NotSent::Unknown("the connection failed".into()),
        SdkError::TimeoutError(_) => NotSent::Unknown("no answer in time".into()),
        _ => NotSent::Unknown("the answer could not be read".into()),
    }
}

impl From<NotSent> for Failure {
    fn from(reason: NotSent) -> Self {
        Self::Unavailable(reason.to_string())
    }
}
