//! The demonstration: made through the administration API, as a customer's own programme would be.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs;

use crate::http::Http;
use crate::layout::Layout;
use crate::sandbox::Sandbox;
use crate::story::HUB_PREFIX;

const PROGRAM: &str = "demo";
/// Production, as the till calls it; homologation is the other world.
const ENVIRONMENT: u8 = 1;
const CAMPAIGN: u32 = 12;
/// The connection to Trinks, here its sandbox.
pub(crate) const CONNECTION: &str = "demo";
/// The sandbox's first salon, and the store it is.
const SALON: u64 = 1253;
const SALON_CNPJ: &str = "11222333000343";
/// deploy.py makes it, as an operator would.
pub(crate) const API_KEY_SECRET: &str = "ponte/trinks/demo";
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
    /// Its bonuses come from Trinks; it has a till all the same.
    pub(crate) salon: Store,
    /// What a chatbot of the salon books with.
    pub(crate) agenda_key: String,
    /// The address of the connection's webhooks.
    pub(crate) trinks_webhook: String,
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
pub(crate) fn run(layout: &Layout, api: &str, admin_key: &str, sandbox: &Sandbox) -> Result<Demonstration> {
    let console = console(api, admin_key);
    let program = json!({ "name": "Rede Demonstração", "tipo_ambiente": ENVIRONMENT });
    put(&console, &program_path(""), &program)?;
    put_campaigns(&console)?;
    let with_pin = store(layout, api, &console, "11222333000181", "Loja Demonstração", true)?;
    let without_pin = store(layout, api, &console, "11222333000262", "Loja Demonstração sem PIN", false)?;
    let salon = store(layout, api, &console, SALON_CNPJ, "Salão Demonstração", false)?;
    put_member(&with_pin.till(api))?;
    let trinks_webhook = connect_trinks(api, &console, sandbox)?;
    let agenda_key = agenda_key(layout, api, &console)?;
    Ok(Demonstration { with_pin, without_pin, salon, agenda_key, trinks_webhook })
}

/// The connection, the salon, and the subscription: as an operator and Trinks would do it.
fn connect_trinks(api: &str, console: &Http, sandbox: &Sandbox) -> Result<String> {
    let connection = json!({ "name": "Trinks (sandbox)", "api_key_secret": API_KEY_SECRET, "pinning": "automatic" });
    put(console, &format!("/trinks/connections/{CONNECTION}"), &connection)?;
    let salon = json!({
        "connection": CONNECTION, "store": { "tipo_ambiente": ENVIRONMENT, "cnpj": SALON_CNPJ },
        "bonus_source": "trinks", "redemption_reasons": ["Fidelidade"],
    });
    put(console, &format!("/trinks/salons/{SALON}"), &salon)?;
    let trinks = Http::new(&sandbox.url);
    let hook = trinks.get("/sandbox/webhook")?;
    let url = webhook_url(api, console)?;
    let confirmed = hook.body.get("confirmed") == Some(&Value::Bool(true));
    if confirmed && hook.body.get("url").and_then(Value::as_str) == Some(&url) {
        return Ok(url);
    }
    put(&trinks, "/sandbox/webhook", &json!({ "url": url }))?;
    let answer = trinks.post("/sandbox/webhook/subscribe", &json!({}))?;
    let hook = trinks.get("/sandbox/webhook")?;
    if hook.body.get("confirmed") != Some(&Value::Bool(true)) {
        bail!("the subscription was not confirmed: {}", answer.body);
    }
    println!("  Trinks' subscription is confirmed");
    Ok(url)
}

/// The connection's own address, as the console shows it, at the base that this machine reaches.
fn webhook_url(api: &str, console: &Http) -> Result<String> {
    let shown = console.get(&format!("/trinks/connections/{CONNECTION}"))?.body;
    let shown = shown.get("webhook_url").and_then(Value::as_str).context("the connection has no webhook_url")?;
    let path = shown.find("/trinks/webhook/").and_then(|at| shown.get(at..));
    Ok(format!("{api}{}", path.with_context(|| format!("{shown} is no address of a webhook"))?))
}

/// The chatbot's key, made once and kept: the API shows it once.
fn agenda_key(layout: &Layout, api: &str, console: &Http) -> Result<String> {
    let mut kept = kept_tokens(layout);
    if let Some(key) = kept.get("agenda").and_then(Value::as_str) {
        let agenda = Http::new(&format!("{api}/agenda/v1")).header("Authorization", &format!("Bearer {key}"));
        if !matches!(agenda.get("/requests/none")?.status, 401 | 403) {
            return Ok(key.to_owned());
        }
    }
    let path = format!("/stores/{ENVIRONMENT}/{SALON_CNPJ}/agenda-keys");
    let answer = console.post(&path, &json!({ "name": "chatbot" }))?;
    let key = answer.body.get("key").and_then(Value::as_str);
    let key = key.with_context(|| format!("no agenda key ({}): {}", answer.status, answer.body))?.to_owned();
    if let Some(map) = kept.as_object_mut() {
        map.insert("agenda".to_owned(), Value::String(key.clone()));
    }
    fs::write(layout.demo_file(), kept.to_string())?;
    Ok(key)
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
