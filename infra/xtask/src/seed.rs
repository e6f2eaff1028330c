//! The demonstration: made through the administration API, as a customer's own programme would be.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs;

use crate::http::Http;
use crate::layout::Layout;
use crate::story::HUB_PREFIX;

const PROGRAM: &str = "demo";
/// Production, as the till calls it; homologation is the other world.
const ENVIRONMENT: u8 = 1;
const CAMPAIGN: u32 = 12;
const MEMBER_CPF: &str = "11144477735";

/// A store of the demonstration, with what a till needs to call as it.
pub(crate) struct Store {
    pub(crate) cnpj: &'static str,
    pub(crate) token: String,
}

/// What the story and stack.json tell of.
pub(crate) struct Demonstration {
    pub(crate) with_pin: Store,
    pub(crate) without_pin: Store,
}

impl Store {
    pub(crate) fn as_json(&self) -> Value {
        json!({
            "cnpj": self.cnpj,
            "token": self.token,
            "tipo_ambiente": ENVIRONMENT,
            "campanha_id": CAMPAIGN,
            "program": PROGRAM,
            "member_cpf": MEMBER_CPF,
        })
    }

    /// A till of this store.
    pub(crate) fn till(&self, api: &str) -> Http {
        Http::new(&format!("{api}{HUB_PREFIX}"))
            .header("Authorization", &self.token)
            .header("cnpj", self.cnpj)
            .header("tipo_ambiente", &ENVIRONMENT.to_string())
            .header("produto_descricao", "Microvix")
    }
}

/// The administration API with the first key.
pub(crate) fn console(api: &str, admin_key: &str) -> Http {
    Http::new(&format!("{api}/console/v1")).header("Authorization", &format!("Bearer {admin_key}"))
}

/// The path of the demonstration programme under the console.
pub(crate) fn program_path(rest: &str) -> String {
    format!("/programs/{PROGRAM}{rest}")
}

/// Put everything in place. All of it can be repeated; only a token is made once and kept.
pub(crate) fn run(layout: &Layout, api: &str, admin_key: &str) -> Result<Demonstration> {
    let console = console(api, admin_key);
    let program = json!({ "name": "Rede Demonstração", "tipo_ambiente": ENVIRONMENT });
    put(&console, &program_path(""), &program)?;
    put_campaigns(&console)?;
    let with_pin = store(layout, api, &console, "11222333000181", "Loja Demonstração", true)?;
    let without_pin = store(layout, api, &console, "11222333000262", "Loja Demonstração sem PIN", false)?;
    put_member(&with_pin.till(api))?;
    Ok(Demonstration { with_pin, without_pin })
}

fn put_campaigns(console: &Http) -> Result<()> {
    let giftback = json!({
        "description": "Giftback 15%", "text": "Válido por 30 dias", "from": "2026-01-01", "to": "2099-12-31",
        "reward": { "percentage": 15 }, "minimum_sale": 0, "cap": null, "start_delay_days": 0, "valid_days": 30,
    });
    put(console, &program_path(&format!("/campaigns/{CAMPAIGN}")), &giftback)?;
    let fixed = json!({
        "description": "Bônus de R$ 10,00", "text": "Nas compras acima de R$ 150,00", "from": "2026-01-01", "to": "2099-12-31",
        "reward": { "fixed": 10 }, "minimum_sale": 150, "cap": null, "start_delay_days": 0, "valid_days": 60,
    });
    put(console, &program_path(&format!("/campaigns/{}", CAMPAIGN + 1)), &fixed)
}

fn store(layout: &Layout, api: &str, console: &Http, cnpj: &'static str, name: &str, uses_pin: bool) -> Result<Store> {
    let path = format!("/stores/{ENVIRONMENT}/{cnpj}");
    let settings = json!({
        "program": PROGRAM, "name": name, "active": true, "uses_pin": uses_pin, "pin_channel": "sms",
        "offers_decline_bonus_button": false,
    });
    put(console, &path, &settings)?;
    let mut tokens = kept_tokens(layout);
    let kept = tokens.get(cnpj).and_then(Value::as_str).map(|token| Store { cnpj, token: token.to_owned() });
    if let Some(store) = kept
        && is_accepted(&store, api)?
    {
        return Ok(store);
    }
    let answer = console.post(&format!("{path}/token"), &json!({ "grace_minutes": 0 }))?;
    let token = answer.body.get("token").and_then(Value::as_str);
    let token = token.with_context(|| format!("no token was issued ({}): {}", answer.status, answer.body))?.to_owned();
    if let Some(map) = tokens.as_object_mut() {
        map.insert(cnpj.to_owned(), Value::String(token.clone()));
    }
    fs::write(layout.demo_file(), tokens.to_string())?;
    println!("  {name}: new token");
    Ok(Store { cnpj, token })
}

fn kept_tokens(layout: &Layout) -> Value {
    fs::read_to_string(layout.demo_file())
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({}))
}

fn is_accepted(store: &Store, api: &str) -> Result<bool> {
    let body = json!({ "Venda": { "Cpf": MEMBER_CPF } });
    let answer = store.till(api).post("/ConsultarSaldoCliente", &body)?;
    Ok(!matches!(answer.status, 401 | 403))
}

fn put_member(till: &Http) -> Result<()> {
    let body = json!({
        "Nome": "Cliente Demonstração", "CPF": MEMBER_CPF,
        "Contato": { "Celular": "11900000000", "Email": "cliente@example.com" },
    });
    let answer = till.post("/AtualizarCliente", &body)?;
    if answer.status != 200 {
        bail!("the demonstration's member was refused ({}): {}", answer.status, answer.body);
    }
    Ok(())
}

fn put(console: &Http, path: &str, body: &Value) -> Result<()> {
    let answer = console.put(path, body)?;
    if !(200..300).contains(&answer.status) {
        bail!("PUT {path} was refused ({}): {}", answer.status, answer.body);
    }
    Ok(())
}
