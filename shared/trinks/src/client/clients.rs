//! Clients: found, created, changed. Each write here has a trap (contract section 6, items 6 and 7).

use jiff::civil::Date;
use ponte_domain::documents::Cpf;
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::trinks::SalonClientId;
use ponte_platform::fields::Fields;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::paging::List;
use super::{Answer, At, Call, Page, Trinks, TrinksError};
use crate::lenient::Lenient;

/// A client, as REST tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The id in this salon.
    pub id: SalonClientId,
    /// Name.
    pub name: Option<PersonalText>,
    /// A full, valid CPF.
    pub cpf: Option<Cpf>,
    /// E-mail.
    pub email: Option<Email>,
    /// Their phones, the one to write to first.
    pub phones: Vec<Phone>,
}

impl Client {
    /// The same as a webhook would have told it.
    #[must_use]
    pub fn as_news(&self) -> crate::events::ClientNews {
        crate::events::ClientNews {
            name: self.name.clone(),
            cpf: self.cpf,
            email: self.email.clone(),
            phone: self.phones.first().cloned(),
            ..crate::events::ClientNews::only(self.id)
        }
    }
}

/// By what clients are looked for.
#[derive(Debug, Clone)]
pub enum ClientQuery<'a> {
    /// Eleven digits.
    Cpf(Cpf),
    /// A phone.
    Phone(&'a Phone),
    /// Registered or changed on these days, both inclusive.
    Changed(Period),
}

/// Days, both inclusive, by the salon's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: Date,
    /// The last.
    pub to: Date,
}

/// A client to create.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// Name.
    pub name: PersonalText,
    /// The phone, by which the client is found again should Trinks not tell the id.
    pub phone: Phone,
    /// CPF.
    pub cpf: Option<Cpf>,
    /// E-mail.
    pub email: Option<Email>,
}

/// What a phone is to Trinks: mandatory on creation, else 400 (contract section 5; the map is configurable there, and was
/// seen in production so).
fn phone_type(phone: &Phone) -> u8 {
    if phone.is_mobile() { 3 } else { 1 }
}

impl Trinks {
    /// One page of the clients that fit.
    pub async fn clients(&self, at: At<'_>, query: &ClientQuery<'_>, page: u64) -> Result<Page<Client>, TrinksError> {
        let mut parameters = match query {
            ClientQuery::Cpf(cpf) => vec![("cpf", cpf.expose_digits())],
            ClientQuery::Phone(phone) => vec![("telefone", national(phone).to_owned())],
            ClientQuery::Changed(period) => vec![
                ("dataAlteracaoCadastralInicio", period.from.to_string()),
                ("dataAlteracaoCadastralFim", period.to.to_string()),
            ],
        };
        parameters.push(("incluirDetalhes", "true".to_owned()));
        let list = List { purpose: "clients", path: "clientes".to_owned(), query: parameters };
        self.page(at, &list, page, client).await
    }

    /// One client, with its CPF where Trinks has it.
    pub async fn client(&self, at: At<'_>, id: SalonClientId) -> Result<Client, TrinksError> {
        let answer = self.call(get_client(at, id)).await?;
        let fields = Fields::parse(&answer.body).map_err(|_| TrinksError::Unreadable("a client is not an object"))?;
        client(&mut Lenient::new(fields)).ok_or(TrinksError::Unreadable("a client has no id"))
    }

    /// Finds a client by CPF, else by phone; `None` when neither knows one, or the phone is that of several people.
    /// Trinks' search is not trusted: what it finds is compared.
    pub async fn find_client(
        &self,
        at: At<'_>,
        cpf: Option<Cpf>,
        phone: &Phone,
    ) -> Result<Option<Client>, TrinksError> {
        if let Some(cpf) = cpf {
            let found = self.clients(at, &ClientQuery::Cpf(cpf), 1).await?.items;
            if let Some(client) = found.into_iter().find(|client| client.cpf == Some(cpf)) {
                return Ok(Some(client));
            }
        }
        let found = self.clients(at, &ClientQuery::Phone(phone), 1).await?.items;
        // A phone with another CPF on file is another person of the same family.
        let fits = |client: &Client| {
            client.phones.contains(phone) && (cpf.is_none() || client.cpf.is_none() || client.cpf == cpf)
        };
        let mut fitting = found.into_iter().filter(fits);
        Ok(match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(only),
            // Duplicates of one person are the rule where nobody looked first: the first stays the one that is used.
            (Some(first), Some(_)) if cpf.is_none() => Some(first),
            _ => None,
        })
    }

    /// Creates a client. Trinks may answer without an id: then it is looked for by what was just written.
    pub async fn create_client(&self, at: At<'_>, new: &NewClient) -> Result<SalonClientId, TrinksError> {
        let digits = national(&new.phone);
        let (area, number) = digits.split_at_checked(2).unwrap_or(("", digits));
        let mut body = json!({
            "nome": new.name.expose(),
            "telefones": [{ "ddi": "55", "ddd": area, "numero": number, "tipoId": phone_type(&new.phone) }],
        });
        if let Value::Object(fields) = &mut body {
            fields.extend(new.cpf.map(|cpf| ("cpf".to_owned(), Value::String(cpf.expose_digits()))));
            fields.extend(new.email.as_ref().map(|email| ("email".to_owned(), email.expose().into())));
        }
        let call = Call {
            purpose: "create_client",
            method: Method::POST,
            path: "clientes".to_owned(),
            query: Vec::new(),
            body: Some(body.to_string()),
            at,
        };
        let created = self.call(call).await?;
        match created_id(&created) {
            Some(id) => Ok(id),
            None => match self.find_client(at, new.cpf, &new.phone).await? {
                Some(found) => Ok(found.id),
                None => Err(TrinksError::Unreadable("a client was created and is not found")),
            },
        }
    }

    /// Gives a client on file a CPF that it does not have. Trinks erases what a PUT leaves out, so all it holds is read and
    /// written back; and answers 204 while it changes nothing for clients who keep their own account, so it is read
    /// again. `false` when Trinks kept it as it was.
    pub async fn set_client_cpf(&self, at: At<'_>, id: SalonClientId, cpf: Cpf) -> Result<bool, TrinksError> {
        /// What the PUT accepts (contract section 4).
        const FIELDS: [&str; 5] = ["nome", "email", "genero", "observacoes", "codigoExterno"];
        let current = self.call(get_client(at, id)).await?;
        let current: Map<String, Value> =
            serde_json::from_str(&current.body).map_err(|_| TrinksError::Unreadable("a client is not an object"))?;
        let mut body: Map<String, Value> =
            current.into_iter().filter(|(name, _)| FIELDS.contains(&name.as_str())).collect();
        body.insert("cpf".to_owned(), Value::String(cpf.expose_digits()));
        let call = Call {
            purpose: "change_client",
            method: Method::PUT,
            path: format!("clientes/{id}"),
            query: Vec::new(),
            body: Some(Value::Object(body).to_string()),
            at,
        };
        self.call(call).await?;
        Ok(self.client(at, id).await?.cpf == Some(cpf))
    }
}

fn get_client(at: At<'_>, id: SalonClientId) -> Call<'_> {
    Call { purpose: "client", method: Method::GET, path: format!("clientes/{id}"), query: Vec::new(), body: None, at }
}

/// Area code and number, as Trinks keeps them.
fn national(phone: &Phone) -> &str {
    phone.expose().trim_start_matches("+55")
}

fn created_id(answer: &Answer) -> Option<SalonClientId> {
    let bare = answer.body.trim().parse().ok();
    bare.or_else(|| Lenient::new(Fields::parse(&answer.body).ok()?).id(&["id", "clienteId"], SalonClientId::new))
}

fn client(fields: &mut Lenient<'_>) -> Option<Client> {
    let details = fields.objects("clienteDetalhes").into_iter().next();
    let mut client = Client {
        id: fields.id(&["id"], SalonClientId::new)?,
        name: fields.personal(&["nome"]),
        cpf: fields.cpf(&["cpf"]),
        email: fields.email(&["email"]),
        phones: fields.phones(&["telefones", "telefone"]),
    };
    if let Some(mut details) = details {
        client.cpf = client.cpf.or_else(|| details.cpf(&["cpf"]));
        client.email = client.email.or_else(|| details.email(&["email"]));
        client.phones.extend(details.phones(&["telefones", "telefone"]));
    }
    Some(client)
}
