//! A shop with a customer, and the events of its till. Every call finds the same state, so that the thousandth costs
//! what the first did.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use ponte_domain::documents::Cnpj;
use ponte_domain::ids::{Environment, IdentityKey, StoreId, TransactionId};
use ponte_domain::ledger::Account;
use ponte_domain::member::Profile;
use ponte_domain::personal::PersonalText;
use ponte_domain::pin::{Pin, PinChallenge, PinChannel, PinMessage, PinState};
use ponte_hub_fidelidade::routes::{AtualizarCliente, GerarBonus, ResgatarSaldo};
use ponte_platform::keys;
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::Unless;
use ponte_store_tests::{Answer, CNPJ, SECRET, Shop, TOKEN, campaign, guid};
use serde_json::Value;

use crate::cases::Case;
use crate::environment;
use crate::json::{at, set};
use crate::table_front::TableFront;

const CPF: &str = "11144477735";
const COLLECTOR_CPF: &str = "52998224725";
const PIN_CNPJ: &str = "11444777000161";
const PIN: &str = "000123";
/// Bonuses that the typical customer holds.
const BONUSES: u32 = 3;

/// A shop's till.
pub(crate) struct Till {
    /// Where the builds are.
    pub(crate) lambdas: PathBuf,
    /// What the Lambdas take for AWS.
    pub(crate) front: TableFront,
    shop: Shop,
    member: MemberKey,
    profile: Profile,
    account: Account,
    notes: u32,
}

impl Till {
    /// Opens a shop with two stores (one asks for a PIN), three campaigns and a customer with a few bonuses.
    pub(crate) async fn open(lambdas: PathBuf) -> Result<Self> {
        let shop = Shop::open(|_| {}).await;
        let with_pin = ponte_domain::store::StoreSettings { uses_pin: true, ..Default::default() };
        shop.add_store(Environment::Producao, PIN_CNPJ, "rede", with_pin).await;
        for id in [13, 14] {
            shop.add_campaign(campaign(id)).await;
        }
        accepted(&shop.call::<AtualizarCliente>(&sample("hub-atualizar-cliente")?.to_string()).await)?;
        let member = shop.member(CPF);
        let profile = shop.table.get(&keys::profile(&member.program, &member.member)).await?.context("no customer")?;
        let front = TableFront::start(shop.endpoint.clone()).await?;
        let account = Account::default();
        let mut till = Self { lambdas, front, shop, member, profile, account, notes: 0 };
        for _ in 0..BONUSES {
            let earn = till.earn(CPF, 0)?;
            accepted(&till.shop.call::<GerarBonus>(&earn.to_string()).await)?;
        }
        till.account = till.shop.account(CPF).await;
        Ok(till)
    }

    /// A Lambda's environment, as `template.yaml` sets it, with the front for AWS.
    pub(crate) fn variables(&self, function: &str) -> Vec<(&'static str, String)> {
        let mut variables = environment::of_lambda(&self.front.endpoint, self.shop.table.name());
        variables.extend([
            ("PONTE_SECRET_ID", "arn:aws:secretsmanager:us-east-1:123456789012:secret:bench".to_owned()),
            ("PONTE_EMAIL_FROM", "bench@example.com".to_owned()),
            ("PONTE_HUB_PREFIX", "/hub-fidelidade/v1".to_owned()),
        ]);
        if function == "hub-enviar-pin" {
            variables.push(("PONTE_PIN_QUEUE_URL", format!("{}/123456789012/pin", self.front.endpoint)));
        }
        variables
    }

    /// Puts the customer back to the typical state and returns the event of the next call.
    pub(crate) async fn next(&mut self, case: Case) -> Result<Value> {
        self.restore(case).await?;
        match case {
            Case::PinSender => self.pin_message().await,
            Case::GerarBonus => {
                self.redeem().await?;
                let body = self.earn(CPF, 20)?;
                event(case, &body)
            }
            Case::EstornarBonus => {
                self.redeem().await?;
                let earn = self.earn(CPF, 20)?;
                accepted(&self.shop.call::<GerarBonus>(&earn.to_string()).await)?;
                let mut body = fresh(case.function())?;
                set(&mut body, "/DocumentoNF", at(&earn, "/Venda/DocumentoNF")?.clone())?;
                event(case, &body)
            }
            _ => event(case, &fresh(case.function())?),
        }
    }

    /// The event of a customer who only collects: each call leaves one bonus more.
    pub(crate) fn next_bonus(&mut self) -> Result<Value> {
        let body = self.earn(COLLECTOR_CPF, 0)?;
        event(Case::GerarBonus, &body)
    }

    async fn restore(&self, case: Case) -> Result<()> {
        let (table, MemberKey { program, member }) = (&self.shop.table, &self.member);
        let (profile, account) = (keys::profile(program, member), keys::account(program, member));
        if case == Case::NewMember {
            table.delete(&profile).await?;
            table.delete(&account).await?;
        } else {
            table.put(&profile, &self.profile, Unless::Anything).await?;
            table.put(&account, &self.account, Unless::Anything).await?;
        }
        let pin_key = keys::pin(program, member, pin_store()?);
        match case {
            Case::EnviarPin => table.delete(&pin_key).await?,
            Case::ValidarPin => {
                let sent = PinState::Sent { hash: self.pin_hash()? };
                table.put(&pin_key, &pin(sent)?, Unless::Anything).await?;
            }
            Case::RedeemWithPin => {
                let validated = PinState::Validated { hash: self.pin_hash()?, by: None };
                table.put(&pin_key, &pin(validated)?, Unless::Anything).await?;
            }
            _ => {}
        }
        Ok(())
    }

    fn pin_hash(&self) -> Result<[u8; 32]> {
        let key = IdentityKey::new(SECRET.as_bytes()).context("the secret is too short")?;
        Ok(Pin::parse(PIN).context("not a PIN")?.hash(&key, &self.member.member, pin_store()?))
    }

    /// What the queue hands to the sender.
    async fn pin_message(&self) -> Result<Value> {
        let waiting = pin(PinState::Requested)?;
        let MemberKey { program, member } = &self.member;
        self.shop.table.put(&keys::pin(program, member, pin_store()?), &waiting, Unless::Anything).await?;
        let message = PinMessage {
            program: program.clone(),
            member: member.clone(),
            store: pin_store()?,
            request: waiting.request,
        };
        let mut event = template(Case::PinSender.function())?;
        set(&mut event, "/Records/0/body", serde_json::to_string(&message)?)?;
        Ok(event)
    }

    async fn redeem(&self) -> Result<()> {
        accepted(&self.shop.call::<ResgatarSaldo>(&fresh("hub-resgatar-saldo")?.to_string()).await)
    }

    /// The body of a `GerarBonus` with a note of its own.
    fn earn(&mut self, cpf: &str, redeemed: u32) -> Result<Value> {
        self.notes += 1;
        let mut body = fresh("hub-gerar-bonus")?;
        set(&mut body, "/Venda/Cpf", cpf)?;
        set(&mut body, "/Venda/DocumentoNF", self.notes.to_string())?;
        set(&mut body, "/Venda/ValorResgate", redeemed)?;
        Ok(body)
    }
}

/// An event that a hub Lambda answers without any call to AWS: it lacks the credentials.
pub(crate) fn without_credentials(case: Case) -> Result<Value> {
    let mut event = event(case, &fresh(case.function())?)?;
    let headers = event.pointer_mut("/headers").and_then(Value::as_object_mut).context("no headers")?;
    headers.remove("authorization");
    Ok(event)
}

/// The event of `events/` for a Lambda, as it is.
pub(crate) fn template(function: &str) -> Result<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/{function}.json"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// A body as API Gateway brings it.
fn event(case: Case, body: &Value) -> Result<Value> {
    let mut event = template(case.function())?;
    set(&mut event, "/headers/authorization", TOKEN)?;
    set(&mut event, "/headers/cnpj", if case.at_pin_store() { PIN_CNPJ } else { CNPJ })?;
    set(&mut event, "/body", body.to_string())?;
    Ok(event)
}

/// The body of the event of `events/`.
fn sample(function: &str) -> Result<Value> {
    let event = template(function)?;
    let text = at(&event, "/body")?.as_str().context("the event's body is no text")?;
    Ok(serde_json::from_str(text)?)
}

/// The same with an `IdentificadorTransacao` of its own.
fn fresh(function: &str) -> Result<Value> {
    let mut body = sample(function)?;
    set(&mut body, "/IdentificadorTransacao", guid())?;
    Ok(body)
}

/// A PIN that was asked for just now.
fn pin(state: PinState) -> Result<PinChallenge> {
    let now = Timestamp::now();
    Ok(PinChallenge {
        version: 2,
        request: transaction()?,
        channel: PinChannel::Sms,
        contact: PersonalText::parse("+5511900000000").context("not a contact")?,
        window_since: now,
        window_sends: 1,
        window_wrong: 0,
        requested_at: now,
        expires_at: now + SignedDuration::from_mins(10),
        wrong: 0,
        attempts: 5,
        digits: 6,
        state,
    })
}

fn transaction() -> Result<TransactionId> {
    TransactionId::parse(&guid()).context("not an id")
}

fn pin_store() -> Result<StoreId> {
    Ok(StoreId { environment: Environment::Producao, cnpj: Cnpj::parse(PIN_CNPJ).context("not a CNPJ")? })
}

fn accepted(answer: &Answer) -> Result<()> {
    ensure!(answer.status == 200, "the preparation was refused with {}: {}", answer.status, answer.body);
    Ok(())
}
