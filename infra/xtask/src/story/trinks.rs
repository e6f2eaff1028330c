//! The story goes on in the salon: Trinks closes an account, the till spends its bonus, the account is reversed, and a chatbot
//! books an hour.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::customer::{self, Customer};
use super::text;
use crate::dev::Running;
use crate::http::Http;
use crate::seed;

/// From a webhook to the ledger: receiver, topic, queue, consumer; cold starts of debug builds included.
const PATIENCE: Duration = Duration::from_mins(1);

struct Salon<'a> {
    running: &'a Running,
    sandbox: Http,
    till: Http,
    console: Http,
    agenda: Http,
    customer: Customer,
}

/// Tell it; anything that is not as it must be ends it with an error.
pub(crate) fn tell(running: &Running) -> Result<()> {
    let salon = Salon {
        running,
        sandbox: Http::new(&running.sandbox),
        till: running.demonstration.salon.till(&running.api),
        console: seed::console(&running.api, &running.admin_key),
        agenda: Http::new(&format!("{}/agenda/v1", running.api))
            .header("Authorization", &format!("Bearer {}", running.demonstration.agenda_key)),
        customer: Customer::new(),
    };
    println!(
        "\n  {} (CPF {}) is now a client of Salão Demonstração, whose bonuses come from Trinks (a sandbox here).",
        customer::NAME,
        salon.customer.cpf
    );
    let client = salon.register()?;
    let account = salon.close(client)?;
    salon.spend_at_the_till()?;
    salon.reverse(account)?;
    salon.book(client)?;
    salon.tell_quota()
}

impl Salon<'_> {
    fn register(&self) -> Result<u64> {
        let body = json!({ "nome": customer::NAME, "cpf": self.customer.cpf, "telefone": self.customer.phone });
        let answer = self.sandbox.post("/sandbox/clients", &body)?;
        ensure!(answer.status == 201, "the sandbox made no client ({}): {}", answer.status, answer.body);
        println!("\n   1. Trinks: a client is registered; webhook 3 goes out, signed.");
        answer.body.get("id").and_then(Value::as_u64).context("the client has no id")
    }

    fn close(&self, client: u64) -> Result<u64> {
        let account = json!({
            "clienteId": client, "formas": [{ "nome": "PIX", "valor": 120 }], "with_cpf": false,
            "itens": [{ "nome": "Escova", "valor": 60, "profissionalId": 700_001 }, { "nome": "Corte", "valor": 60, "profissionalId": 700_001 }],
        });
        let answer = self.sandbox.post("/sandbox/accounts/close", &account)?;
        ensure!(answer.status == 201, "the sandbox closed no account ({}): {}", answer.status, answer.body);
        println!(
            "   2. Trinks: an account of R$ 120.00 is closed. Its webhook has no CPF: Ponte knows the client by its id."
        );
        self.wait_for("the bonus of the account", |balance| balance > 0)?;
        answer.body.get("id").and_then(Value::as_u64).context("the account has no id")
    }

    fn spend_at_the_till(&self) -> Result<()> {
        println!("   3. The till, which knows nothing of Trinks, takes R$ 10.00 of it off a purchase of R$ 50.00.");
        let guid = customer::guid();
        let redeem = json!({
            "IdentificadorTransacao": guid, "Cpf": self.customer.cpf,
            "VendaValorLiquido": text::number(5_000), "ValorResgatado": text::number(1_000),
        });
        self.till("ResgatarSaldo", &redeem)?;
        let sale = customer::with_note(&self.customer.sale(5_000, 1_000), &customer::note_number());
        self.till("GerarBonus", &json!({ "IdentificadorTransacao": guid, "Venda": sale }))?;
        self.show_balance()
    }

    fn till(&self, route: &str, body: &Value) -> Result<()> {
        let answer = self.till.post(&format!("/{route}"), body)?;
        println!("     < {route} {}: {}", answer.status, text::summary(&answer.body));
        ensure!(answer.status == 200, "{route} answered {}: {}", answer.status, answer.body);
        Ok(())
    }

    fn reverse(&self, account: u64) -> Result<()> {
        let answer = self.sandbox.post(&format!("/sandbox/accounts/{account}/reverse"), &json!({}))?;
        ensure!(answer.status == 200, "the sandbox reversed nothing ({}): {}", answer.status, answer.body);
        println!(
            "   4. Trinks: the account is reversed. What was spent of its bonus is owed: the next bonus pays it first."
        );
        self.wait_for("the reversal", |ledger| ledger < 0)
    }

    /// Two chatbots want the same hour: one gets it, the other gets the hours beside it.
    fn book(&self, client: u64) -> Result<()> {
        let services = self.agenda.get("/services")?;
        let service = services.body.pointer("/items/0").context("the agenda has no services")?;
        let id = service.get("id").and_then(Value::as_u64).context("a service has no id")?;
        let tomorrow = jiff::Zoned::now().tomorrow()?.date();
        let path = format!("/free-hours?service={id}&date={tomorrow}");
        let free = self.agenda.get(&path)?;
        let professional = free.body.pointer("/professionals/0/id").and_then(Value::as_u64);
        let hour = free.body.pointer("/professionals/0/hours/0").and_then(Value::as_str);
        let (professional, hour) = professional.zip(hour).with_context(|| format!("no free hours: {}", free.body))?;
        println!(
            "   5. A chatbot asks for free hours ({}) and books {tomorrow} {hour}.",
            text::reais(text::cents(service, "price")?)
        );
        let body = json!({
            "service": id, "professional": professional, "starts": format!("{tomorrow}T{hour}"), "client": { "id": client },
        });
        let key = customer::guid();
        for (whose, key, expected) in
            [("the first", &key, 201), ("its repetition", &key, 201), ("another", &customer::guid(), 409)]
        {
            let answer = self.agenda_post("/appointments", &body, key)?;
            println!("     < {whose}: {} {}", answer.0, text::summary(&answer.1));
            ensure!(answer.0 == expected, "{whose} booking answered {}: {}", answer.0, answer.1);
        }
        Ok(())
    }

    fn agenda_post(&self, path: &str, body: &Value, key: &str) -> Result<(u16, Value)> {
        let agenda = Http::new(&format!("{}/agenda/v1", self.running.api))
            .header("Authorization", &format!("Bearer {}", self.running.demonstration.agenda_key))
            .header("Idempotency-Key", key);
        let answer = agenda.post(path, body)?;
        Ok((answer.status, answer.body))
    }

    fn tell_quota(&self) -> Result<()> {
        let answer = self.console.get(&format!("/trinks/connections/{}/quota", seed::CONNECTION))?;
        ensure!(answer.status == 200, "the quota was refused ({}): {}", answer.status, answer.body);
        let calls = self.sandbox.get("/sandbox/calls")?;
        let used = answer.body.pointer("/month/used").and_then(Value::as_u64).context("the quota tells no use")?;
        let counted = calls.body.get("this_month").and_then(Value::as_u64).context("the sandbox counts no calls")?;
        println!("   6. The quota: {used} calls by our count, {counted} by Trinks'.");
        Ok(())
    }

    fn wait_for(&self, what: &str, arrived: impl Fn(i64) -> bool) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(balance) = self.ledger_balance()?
                && arrived(balance)
            {
                println!("     … {what} is in the ledger after {} ms", started.elapsed().as_millis());
                return self.show_balance();
            }
            sleep(Duration::from_millis(200));
        }
        anyhow::bail!("{what} did not arrive within {} s: see the logs of trinks-conta", PATIENCE.as_secs())
    }

    fn ledger_balance(&self) -> Result<Option<i64>> {
        let answer =
            self.console.post(&seed::program_path("/members/statement"), &json!({ "cpf": self.customer.cpf }))?;
        if answer.status == 404 {
            return Ok(None);
        }
        text::cents(&answer.body, "ledger_balance").map(Some)
    }

    fn show_balance(&self) -> Result<()> {
        println!("     = balance {}", text::reais(self.ledger_balance()?.unwrap_or_default()));
        Ok(())
    }
}
