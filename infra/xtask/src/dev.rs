//! `cargo xtask dev`: from a clone to a sale that went through the deployed Lambdas.

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use crate::builds;
use crate::deploy::{self, Deployment, STACK};
use crate::layout::Layout;
use crate::logs;
use crate::sandbox;
use crate::seed::{self, Demonstration};
use crate::stack::{self, REGION};
use crate::story;
use crate::tools::Tools;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// A stack that stands, deployed and seeded.
pub(crate) struct Running {
    pub(crate) endpoint: String,
    pub(crate) api: String,
    pub(crate) admin_key: String,
    pub(crate) demonstration: Demonstration,
    /// Where the Trinks sandbox answers.
    pub(crate) sandbox: String,
}

pub(crate) fn run(layout: &Layout, detach: bool, fresh: bool) -> Result<()> {
    let started = Instant::now();
    stop_on_interrupt(layout)?;
    if fresh {
        step(0, "Forgetting the state of earlier runs");
        stack::forget(layout)?;
    }
    step(1, "Lambdas and sandbox (the first build takes some minutes), and the tools beside it");
    let tools = build(layout)?;
    let was_running = stack::is_running(layout);
    let running = match up(layout, &tools).and_then(|running| tell(layout, &running).map(|()| running)) {
        Ok(running) => running,
        Err(error) => {
            // Ctrl-C reaches the commands we run too: what they say of it is no news.
            wait_if_interrupted();
            // A stack that ran before goes on: a Lambda that does not compile need not cost the session.
            if !was_running {
                stack::stop(layout);
            }
            return Err(error);
        }
    };
    println!("\nReady in {:.1} s.", started.elapsed().as_secs_f32());
    print_addresses(layout, &running);
    if detach {
        println!("\nIt goes on running. `cargo xtask down` stops it, `cargo xtask dev` follows its logs.");
        return Ok(());
    }
    println!("\nLogs follow. Ctrl-C stops the stack; its state is kept for the next time (--fresh forgets it).\n");
    let followed = logs::follow(layout, &tools, &running.endpoint);
    wait_if_interrupted();
    stack::stop(layout);
    followed
}

pub(crate) fn down(layout: &Layout) {
    let was_running = stack::is_running(layout);
    stack::stop(layout);
    // The end-to-end tests stop their own; one that was killed may have left its stack.
    stack::stop(&layout.for_tests());
    println!("{}", if was_running { "Stopped; its state is kept." } else { "Nothing was running." });
}

/// Compiles all programs. The network is slow and the compiler does not wait for it: tools are installed meanwhile.
pub(crate) fn build(layout: &Layout) -> Result<Tools> {
    let installing = thread::spawn({
        let layout = layout.clone();
        move || Tools::local(&layout)
    });
    let built = builds::programs(layout);
    let tools = installing.join().map_err(|_| anyhow!("the installation panicked"))??;
    built.map(|()| tools)
}

/// Start, deploy and seed what is built; whatever stands already is reused.
pub(crate) fn up(layout: &Layout, tools: &Tools) -> Result<Running> {
    step(2, "Emulated AWS, and a sandbox in place of Trinks");
    let endpoint = stack::start(layout, tools)?;
    println!("  {endpoint}, loopback only");
    let sandbox = sandbox::start(layout)?;
    println!("  {}, the Trinks sandbox", sandbox.url);
    step(3, "Deploying template.yaml");
    let deployment = deploy::run(layout, tools, &endpoint, &sandbox)?;
    let api = deployment.api(&endpoint)?;
    let admin_key = deployment.get("AdminKey")?.to_owned();
    step(4, "Demonstration: a programme, three stores, two campaigns, a member, a salon in Trinks");
    let demonstration = seed::run(layout, &api, &admin_key, &sandbox)?;
    let running = Running { endpoint, api, admin_key, demonstration, sandbox: sandbox.url };
    write_stack_file(layout, &deployment, &running)?;
    Ok(running)
}

/// A sale, told as it happens.
pub(crate) fn tell(layout: &Layout, running: &Running) -> Result<()> {
    step(5, "A first sale");
    story::tell(layout, running)?;
    step(6, "The same customer at the salon: Trinks");
    story::trinks::tell(running)
}

/// How scripts and tests find the stack.
fn write_stack_file(layout: &Layout, deployment: &Deployment, running: &Running) -> Result<()> {
    let Running { endpoint, api, admin_key, demonstration, sandbox } = running;
    let stack = json!({
        "api": api,
        "hub": format!("{api}{}", story::HUB_PREFIX),
        "console": format!("{api}/console/v1"),
        "aws_endpoint": endpoint,
        "region": REGION,
        "stack": STACK,
        "table": deployment.get("TableName")?,
        "stream_arn": deployment.get("TableStreamArn")?,
        "identity_secret_id": deployment.get("IdentitySecretArn")?,
        "url_secret_id": deployment.get("UrlSecretArn")?,
        "admin_secret_id": deployment.get("AdminKeySecretArn")?,
        "admin_key": admin_key,
        "pin_queue_url": reachable(endpoint, deployment.get("PinQueueUrl")?),
        "pin_dead_letter_queue_url": reachable(endpoint, deployment.get("PinDeadLetterQueueUrl")?),
        "outbox": layout.outbox(),
        "demo": demonstration.with_pin.as_json(),
        "demo_no_pin": demonstration.without_pin.as_json(),
        "demo_salon": demonstration.salon.as_json(),
        "agenda": format!("{api}/agenda/v1"),
        "agenda_key": demonstration.agenda_key,
        "trinks_webhook": demonstration.trinks_webhook,
        "trinks_sandbox": sandbox,
        "trinks_connection": seed::CONNECTION,
        "trinks_events_topic_arn": deployment.get("TrinksEventsTopicArn")?,
        "domain_events_topic_arn": deployment.get("DomainEventsTopicArn")?,
        "trinks_requests_queue_url": reachable(endpoint, deployment.get("TrinksRequestsQueueUrl")?),
        "trinks_requests_dead_letter_queue_url": reachable(endpoint, deployment.get("TrinksRequestsDeadLetterQueueUrl")?),
        "trinks_conta_dead_letter_queue_url": reachable(endpoint, deployment.get("TrinksContaDeadLetterQueueUrl")?),
    });
    write_sam_variables(layout, &stack)?;
    fs::write(layout.stack_file(), format!("{stack:#}\n")).context("cannot write stack.json")
}

/// What `sam local invoke --env-vars` needs to run a Lambda in Docker against this stack: the names that CloudFormation
/// would have filled in.
fn write_sam_variables(layout: &Layout, stack: &Value) -> Result<()> {
    let variables = json!({ "Parameters": {
        "PONTE_TABLE": stack["table"],
        "PONTE_SECRET_ID": stack["identity_secret_id"],
        "PONTE_URL_SECRET_ID": stack["url_secret_id"],
        "PONTE_ADMIN_SECRET_ID": stack["admin_secret_id"],
        "PONTE_PIN_QUEUE_URL": stack["pin_queue_url"],
        "PONTE_TRINKS_URL": stack["trinks_sandbox"],
        "PONTE_TRINKS_EVENTS_TOPIC_ARN": stack["trinks_events_topic_arn"],
        "PONTE_TRINKS_REQUESTS_QUEUE_URL": stack["trinks_requests_queue_url"],
        "PONTE_TRINKS_REQUESTS_DLQ_URL": stack["trinks_requests_dead_letter_queue_url"],
        "PONTE_DOMAIN_EVENTS_TOPIC_ARN": stack["domain_events_topic_arn"],
        "AWS_ENDPOINT_URL": stack["aws_endpoint"],
    } });
    let path = layout.stack_file().with_file_name("sam-local.json");
    fs::write(path, format!("{variables:#}\n")).context("cannot write sam-local.json")
}

/// A queue's URL at the port of today.
fn reachable(endpoint: &str, queue_url: &str) -> String {
    let path = queue_url.splitn(4, '/').nth(3).unwrap_or_default();
    format!("{endpoint}/{path}")
}

fn print_addresses(layout: &Layout, running: &Running) {
    let shown = |path: std::path::PathBuf| {
        path.strip_prefix(layout.root()).map(std::path::Path::to_path_buf).unwrap_or(path).display().to_string()
    };
    println!("  till       {}{}", running.api, story::HUB_PREFIX);
    println!("  console    {}/console/v1", running.api);
    println!("  agenda     {}/agenda/v1", running.api);
    println!("  Trinks     {} (a sandbox; tests/trinks-sandbox/README.md)", running.sandbox);
    println!("  AWS        {} (region {REGION}, any credentials)", running.endpoint);
    println!("  for scripts, with keys and tokens   {}", shown(layout.stack_file()));
    println!("  SMS and e-mails that were \"sent\"    {}", shown(layout.outbox()));
}

/// Ctrl-C, a closed terminal and `kill` all stop the stack in good order.
pub(crate) fn stop_on_interrupt(layout: &Layout) -> Result<()> {
    let layout = layout.clone();
    ctrlc::set_handler(move || {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            return;
        }
        println!("\nStopping the emulated AWS; it saves its state.");
        stack::stop(&layout);
        std::process::exit(130);
    })
    .context("Ctrl-C cannot be handled")
}

/// The handler ends this program when it is done.
fn wait_if_interrupted() {
    // The child that Ctrl-C ended may be seen before the handler ran.
    std::thread::sleep(std::time::Duration::from_millis(100));
    while INTERRUPTED.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

fn step(number: u8, title: &str) {
    println!("[{number}/6] {title}");
}
