//! A customer buys twice and takes the second purchase back: eight routes, as a till calls them, told as it happens.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::dev::Running;
use crate::http::Http;
use crate::layout::Layout;
use crate::seed;

mod customer;
mod text;
pub(crate) mod trinks;

use customer::Customer;

/// The template's default `HubPrefix`.
pub(crate) const HUB_PREFIX: &str = "/hub-fidelidade/v1";
/// A PIN is queued, sent and written to the outbox within a second or two; cold starts of a debug build included.
const PIN_PATIENCE: Duration = Duration::from_secs(20);

/// One customer at one till, and the console that tells the balance after each call.
struct Story<'a> {
    layout: &'a Layout,
    till: Http,
    console: Http,
    customer: Customer,
    calls: u8,
}

/// Tell the story; any answer that is not as it must be ends it with an error.
pub(crate) fn tell(layout: &Layout, running: &Running) -> Result<()> {
    let mut story = Story {
        layout,
        till: running.demonstration.with_pin.till(&running.api),
        console: seed::console(&running.api, &running.admin_key),
        customer: Customer::new(),
        calls: 0,
    };
    println!(
        "\n  {} (CPF {}) comes to Loja Demonstração (CNPJ {}), which asks for a PIN before bonus money is spent.",
        customer::NAME,
        story.customer.cpf,
        running.demonstration.with_pin.cnpj
    );
    let first_bonus = story.first_purchase()?;
    let note = story.second_purchase(first_bonus)?;
    story.take_back(&note)?;
    story.check_statement()
}

impl Story<'_> {
    fn first_purchase(&mut self) -> Result<i64> {
        self.call("AtualizarCliente", "The cashier enters the customer.", self.customer.registration())?;
        let sale = self.customer.sale(20_000, 0);
        self.call("ConsultarSaldoCliente", "What may this sale of R$ 200.00 use?", json!({ "Venda": sale }))?;
        let offered = self.call("ConsultarCampanha", "Which bonuses may it earn?", json!({ "Venda": sale }))?;
        let campaign = first_campaign(&offered)?;
        let note = customer::note_number();
        let body = json!({ "CampanhaId": campaign, "Venda": customer::with_note(&sale, &note) });
        let answer = self.call("GerarBonus", "The note is issued: the sale earns.", body)?;
        let bonus = text::cents(&answer, "SaldoBonusGeradoVenda")?;
        ensure!(bonus > 0, "a sale of R$ 200.00 earned nothing");
        Ok(bonus)
    }

    /// Spends half of what the first purchase earned. Returns the note's number.
    fn second_purchase(&mut self, earned: i64) -> Result<String> {
        let redeemed = earned / 2;
        println!("\n  The customer comes back and wants to use {} of it on R$ 100.00.", text::reais(redeemed));
        let cpf = self.customer.cpf.clone();
        let ask = json!({ "Cpf": cpf, "TipoPin": 1 });
        self.call("EnviarPin", "A PIN goes to the phone on file, through the queue.", ask)?;
        let pin = self.wait_for_pin()?;
        let answer = self.call("ValidarPin", "The customer reads it out.", json!({ "Cpf": cpf, "Pin": pin }))?;
        ensure!(answer.get("PinValido") == Some(&Value::Bool(true)), "the PIN that was sent is not valid");
        // One GUID for the whole sale, as some tills do.
        let guid = customer::guid();
        let redeem = json!({
            "IdentificadorTransacao": guid, "Cpf": cpf,
            "VendaValorLiquido": text::number(10_000), "ValorResgatado": text::number(redeemed),
        });
        self.call("ResgatarSaldo", "The discount is taken before the note exists.", redeem)?;
        let sale = self.customer.sale(10_000, redeemed);
        let offered = self.call("ConsultarCampanha", "Which bonuses may the rest earn?", json!({ "Venda": sale }))?;
        let note = customer::note_number();
        let body = json!({
            "IdentificadorTransacao": guid, "CampanhaId": first_campaign(&offered)?, "Venda": customer::with_note(&sale, &note),
        });
        self.call("GerarBonus", "The note is issued: it ties the redemption, and earns.", body)?;
        Ok(note)
    }

    fn take_back(&mut self, note: &str) -> Result<()> {
        println!("\n  The customer regrets the second purchase: the note is cancelled.");
        let body = json!({ "Cpf": self.customer.cpf, "DocumentoNF": note, "SerieNF": customer::SERIES });
        let first = self.call("EstornarBonus", "What was used comes back, what was earned goes.", body.clone())?;
        let again = self.call("EstornarBonus", "The till lost the answer and asks again.", body)?;
        for figure in ["ValorEstornadoUtilizado", "ValorEstornadoGerado", "SaldoBonusAtual"] {
            let (first, again) = (text::cents(&first, figure)?, text::cents(&again, figure)?);
            ensure!(first == again, "{figure}: a reversal answered {first} cents, its repetition {again}");
        }
        Ok(())
    }

    /// The balance must be the sum of the postings, to the cent.
    fn check_statement(&self) -> Result<()> {
        let statement = self.statement()?;
        let postings = statement.get("postings").and_then(Value::as_array).context("the statement has no postings")?;
        println!("\n  The statement, from the console:");
        let mut sum = 0;
        for posting in postings.iter().rev() {
            let change = text::cents(posting, "change")?;
            sum += change;
            let operation = posting.get("operation").and_then(Value::as_str).unwrap_or("?");
            let after = text::cents(posting, "balance_after")?;
            println!("     {operation:8} {:>10}  balance {:>10}", text::reais(change), text::reais(after));
        }
        // The story leaves neither a debt nor anything expired, so both balances are the same money.
        for field in ["ledger_balance", "balance"] {
            let balance = text::cents(&statement, field)?;
            ensure!(
                sum == balance,
                "the postings add up to {}, the {field} is {}",
                text::reais(sum),
                text::reais(balance)
            );
        }
        println!("  {} postings add up to {}: the balance, to the cent.", postings.len(), text::reais(sum));
        Ok(())
    }

    /// Call a route and show the call, its answer and the balance after.
    fn call(&mut self, route: &str, why: &str, mut body: Value) -> Result<Value> {
        self.calls += 1;
        if let Some(fields) = body.as_object_mut() {
            fields.entry("IdentificadorTransacao").or_insert_with(|| customer::guid().into());
        }
        println!("\n  {:2}. {route}: {why}", self.calls);
        println!("     > {}", text::summary(&body));
        let answer = self.till.post(&format!("/{route}"), &body)?;
        let told = match text::summary(&answer.body) {
            nothing if nothing.is_empty() => "(the GUID alone)".to_owned(),
            told => told,
        };
        println!("     < {} in {} ms: {told}", answer.status, answer.elapsed.as_millis());
        if answer.status != 200 {
            bail!("{route} answered {}: {}", answer.status, answer.body);
        }
        let statement = self.statement()?;
        let (balance, usable) = (text::cents(&statement, "balance")?, text::cents(&statement, "available")?);
        println!("     = balance {}, usable now {}", text::reais(balance), text::reais(usable));
        Ok(answer.body)
    }

    fn statement(&self) -> Result<Value> {
        let path = seed::program_path("/members/statement");
        let answer = self.console.post(&path, &json!({ "cpf": self.customer.cpf }))?;
        ensure!(answer.status == 200, "the statement was refused ({}): {}", answer.status, answer.body);
        Ok(answer.body)
    }

    /// The PIN, as the customer would read it on the phone: from the outbox.
    fn wait_for_pin(&self) -> Result<String> {
        let asked = Instant::now();
        while asked.elapsed() < PIN_PATIENCE {
            let sent = fs::read_to_string(self.layout.outbox()).unwrap_or_default();
            let message =
                sent.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find(|message| {
                    message.get("to").and_then(Value::as_str).is_some_and(|to| to.ends_with(&self.customer.phone))
                });
            if let Some(text) = message.as_ref().and_then(|message| message.get("text")).and_then(Value::as_str) {
                println!("     ✉ \"{text}\"");
                return text::pin_in(text).context("the message holds no PIN");
            }
            sleep(Duration::from_millis(100));
        }
        bail!("no PIN was sent within {} s: see the logs of pin-sender", PIN_PATIENCE.as_secs())
    }
}

/// The campaign that the till preselects.
fn first_campaign(answer: &Value) -> Result<Value> {
    answer.pointer("/Campanhas/0/Id").cloned().with_context(|| format!("no campaign was offered: {answer}"))
}
