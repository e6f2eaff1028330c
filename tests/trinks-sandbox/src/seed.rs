//! The salons every sandbox begins with. All people are invented; the CPFs are valid by arithmetic only.

use crate::records::{Client, Establishment, Phone, Professional, Service};
use jiff::ToSpan;
use jiff::civil::DateTime;
use serde_json::json;

/// The one API key.
pub const API_KEY: &str = "sandbox-key";
/// The salon that everything happens in unless another is named.
pub const ESTABLISHMENT: i64 = 1253;
/// A second salon of the same key, with little in it.
pub const OTHER_ESTABLISHMENT: i64 = 1254;
/// Clients of the first salon: enough for three pages, the last one not full.
pub const CLIENTS: i64 = 130;
/// The first client, CPF 111.444.777-35; the others follow without gaps.
pub const FIRST_CLIENT: i64 = 8_000_001;
/// A client who keeps their own Trinks account.
pub const SELF_MANAGED_CLIENT: i64 = 8_000_005;
/// A client without CPF.
pub const CLIENT_WITHOUT_CPF: i64 = 8_000_010;

/// CPFs that everyone uses for tests.
const WELL_KNOWN_CPFS: [&str; 3] = ["11144477735", "52998224725", "12345678909"];

pub(crate) const PAYMENT_FORMS: [(i64, &str); 5] =
    [(1, "Dinheiro"), (2, "PIX"), (3, "Cartão de Crédito"), (4, "Cartão de Débito"), (5, "Crédito de Cliente")];

pub(crate) const DISCOUNT_REASONS: [(i64, &str); 4] =
    [(11, "Fidelidade"), (12, "Cortesia"), (13, "Promoção"), (14, "Funcionário")];

pub(crate) fn establishments() -> Vec<Establishment> {
    vec![
        Establishment { id: ESTABLISHMENT, name: "Salão Demonstração" },
        Establishment { id: OTHER_ESTABLISHMENT, name: "Salão Demonstração 2" },
    ]
}

pub(crate) fn services() -> Vec<Service> {
    let service = |establishment, id, global_id, name, category, cents, minutes, visible| Service {
        establishment,
        id,
        global_id,
        name,
        category,
        cents,
        minutes,
        visible,
    };
    vec![
        service(ESTABLISHMENT, 1_300_001, 208, "Corte", "Cabelo", 10_000, 40, true),
        service(ESTABLISHMENT, 1_300_002, 209, "Escova", "Cabelo", 6_000, 60, true),
        service(ESTABLISHMENT, 1_300_003, 210, "Manicure", "Unhas", 4_550, 30, true),
        service(ESTABLISHMENT, 1_300_004, 211, "Coloração", "Cabelo", 123_456, 120, false),
        service(OTHER_ESTABLISHMENT, 1_310_001, 208, "Corte", "Cabelo", 9_000, 40, true),
    ]
}

/// The spaces share no number, and their ranges interleave: no rule about magnitude tells them apart.
pub(crate) fn professionals() -> Vec<Professional> {
    let professional = |establishment, id, person_id, third_id, name, nickname, services| Professional {
        establishment,
        id,
        person_id,
        third_id,
        name,
        nickname,
        services,
    };
    let all = &[1_300_001, 1_300_002, 1_300_003, 1_300_004];
    vec![
        professional(ESTABLISHMENT, 700_001, 700_004, 445_991, "Profissional Um", "Um", all),
        professional(ESTABLISHMENT, 700_003, 700_002, 445_989, "Profissional Dois", "Dois", &[1_300_001, 1_300_002]),
        professional(ESTABLISHMENT, 700_005, 699_999, 445_990, "Profissional Três", "Três", &[1_300_003]),
        professional(OTHER_ESTABLISHMENT, 700_006, 700_007, 445_992, "Profissional Quatro", "Quatro", &[1_310_001]),
    ]
}

pub(crate) fn clients() -> Vec<Client> {
    let first = (1..=CLIENTS).map(|n| client(ESTABLISHMENT, FIRST_CLIENT + n - 1, n));
    let second = (1..=2).map(|n| client(OTHER_ESTABLISHMENT, 8_100_000 + n, 500 + n));
    first.chain(second).collect()
}

fn client(establishment: i64, id: i64, n: i64) -> Client {
    let created = DateTime::constant(2025, 1, 1, 10, 0, 0, 0).saturating_add(n.days());
    Client {
        id,
        establishment,
        person_id: 8_000_000 - n,
        name: format!("Cliente {n:03}"),
        email: Some(format!("cliente{n:03}@example.com")),
        cpf: (id != CLIENT_WITHOUT_CPF).then(|| cpf(n)),
        gender: Some(if n % 2 == 0 { "M" } else { "F" }.to_owned()),
        notes: (n == 1).then(|| "Prefere manhã".to_owned()),
        external_code: None,
        phones: vec![phone(n)],
        preferences: json!({
            "recebeSMSLembreteDeAgendamento": true, "recebeEmailLembreteDeAgendamento": true,
            "recebeSMSMarketing": false, "recebeEmailMarketing": false,
        }),
        created,
        changed: created,
        self_managed: id == SELF_MANAGED_CLIENT,
        origin: "Balcão",
    }
}

/// Mobile for most, WhatsApp for the second client, a fixed line of eight digits for the third.
fn phone(n: i64) -> Phone {
    let (number, kind) = match n {
        2 => (format!("900000{n:03}"), 6),
        3 => (format!("30000{n:03}"), 1),
        _ => (format!("900000{n:03}"), 3),
    };
    Phone { id: 9_100_000 + n, ddi: "55".to_owned(), ddd: "11".to_owned(), number, kind }
}

/// The n-th CPF: the well-known ones first, then numbers with their check digits worked out.
fn cpf(n: i64) -> String {
    let known = usize::try_from(n - 1).ok().and_then(|position| WELL_KNOWN_CPFS.get(position));
    if let Some(known) = known {
        return (*known).to_owned();
    }
    with_check_digits(&format!("900000{n:03}"))
}

fn with_check_digits(nine: &str) -> String {
    let mut digits: Vec<u32> = nine.chars().filter_map(|digit| digit.to_digit(10)).collect();
    for _ in 0..2 {
        let sum: u32 = digits.iter().rev().zip(2..).map(|(digit, weight)| digit * weight).sum();
        digits.push(if sum % 11 < 2 { 0 } else { 11 - sum % 11 });
    }
    digits.into_iter().filter_map(|digit| char::from_digit(digit, 10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_agree_with_the_well_known_cpfs() {
        for known in WELL_KNOWN_CPFS {
            assert_eq!(with_check_digits(&known[..9]), known);
        }
    }

    #[test]
    fn professionals_have_disjoint_ids_in_overlapping_ranges() {
        let (ids, persons): (Vec<_>, Vec<_>) = professionals().iter().map(|who| (who.id, who.person_id)).unzip();
        assert!(ids.iter().all(|id| !persons.contains(id)));
        assert!(persons.iter().min() < ids.iter().max() && ids.iter().min() < persons.iter().max());
    }
}
