//! What Trinks told of a member: a client per salon.

use ponte_domain::documents::Cpf;
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::member_store::MemberKey;
use ponte_trinks::picture::{ClientAlias, ClientPicture};
use serde::Serialize;
use utoipa::ToSchema;

use crate::console::Console;
use crate::limits;
use crate::views::instant;

/// A pointer from a member to one of Trinks' clients, and the client where it is the member's.
pub(super) struct Known {
    alias: ClientAlias,
    picture: Option<ClientPicture>,
}

impl Known {
    /// The client, unless it is somebody else's by now.
    pub(super) fn picture(&self) -> Option<&ClientPicture> {
        self.picture.as_ref()
    }
}

/// Trinks' clients that are a member, or were.
pub(super) async fn clients(console: &Console, key: &MemberKey, cpf: Cpf) -> Result<Vec<Known>, Failure> {
    let partition = keys::member_partition(&key.program, &key.member);
    let aliases: Vec<ClientAlias> =
        console.table.query(&partition, keys::TRINKS_ALIAS_PREFIX, limits::TRINKS_ALIASES).await?;
    let mut known = Vec::with_capacity(aliases.len());
    for alias in aliases {
        let picture: Option<ClientPicture> = console.table.get(&keys::trinks_client(alias.salon, alias.client)).await?;
        known.push(Known { picture: picture.filter(|picture| is_of(picture, cpf)), alias });
    }
    Ok(known)
}

/// A CPF that was corrected in Trinks makes a client another person's, and leaves the first one's pointer behind.
fn is_of(picture: &ClientPicture, cpf: Cpf) -> bool {
    picture.cpf == Some(cpf)
}

/// Erases the clients that are the member's, and all pointers.
pub(super) async fn erase(console: &Console, key: &MemberKey, clients: &[Known]) -> Result<(), Failure> {
    for Known { alias: ClientAlias { salon, client }, picture } in clients {
        if picture.is_some() {
            console.table.delete(&keys::trinks_client(*salon, *client)).await?;
        }
        // The pointer last: without it, a repetition would not find what a crash left.
        console.table.delete(&keys::trinks_alias(&key.program, &key.member, *salon, *client)).await?;
    }
    Ok(())
}

/// What Trinks told of a client.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksClient)]
pub(super) struct ClientView {
    /// The salon's number at Trinks.
    establishment: u64,
    /// The client's number at the salon.
    client: u64,
    name: Option<String>,
    cpf: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// When the newest of it was heard.
    #[schema(format = DateTime)]
    heard_at: String,
}

impl From<&ClientPicture> for ClientView {
    fn from(picture: &ClientPicture) -> Self {
        Self {
            establishment: picture.salon.number(),
            client: picture.client.number(),
            name: picture.name.as_ref().map(PersonalText::expose).map(str::to_owned),
            cpf: picture.cpf.map(|cpf| cpf.expose_digits()),
            email: picture.email.as_ref().map(Email::expose).map(str::to_owned),
            phone: picture.phone.as_ref().map(Phone::expose).map(str::to_owned),
            birth_date: picture.birth_date.map(|date| date.to_string()),
            heard_at: instant(picture.heard_at),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ponte_domain::trinks::{EstablishmentId, SalonClientId};

    fn picture(cpf: Option<&str>) -> ClientPicture {
        let unknown = ClientPicture::unknown(EstablishmentId::new(7).unwrap(), SalonClientId::new(2).unwrap());
        ClientPicture { cpf: cpf.and_then(Cpf::parse), name: PersonalText::parse("Cliente Exemplo"), ..unknown }
    }

    #[test]
    fn a_client_whose_cpf_is_anothers_is_not_the_members() {
        let member = Cpf::parse("11144477735").unwrap();
        assert!(is_of(&picture(Some("11144477735")), member));
        assert!(!is_of(&picture(Some("52998224725")), member));
        assert!(!is_of(&picture(None), member));
    }

    #[test]
    fn an_export_shows_what_trinks_told() {
        let shown = serde_json::to_value(ClientView::from(&picture(Some("11144477735")))).unwrap();
        assert_eq!((&shown["name"], &shown["cpf"]), (&"Cliente Exemplo".into(), &"11144477735".into()));
    }
}
