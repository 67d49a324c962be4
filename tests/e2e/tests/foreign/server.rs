//! The servers under test, and the foreign programs that call them.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use support::process::Process;
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// Longer than any foreign client needs to start on a busy machine.
pub(crate) const CALL_BOUND: Duration = Duration::from_secs(60);
/// A first build of the examples, where the tests alone were built before.
const BUILD_BOUND: Duration = Duration::from_secs(600);

/// The server of this package.
pub(crate) async fn probe() -> Result<Process> {
    probe_with(&[]).await
}

/// The same with this environment.
pub(crate) async fn probe_with(environment: &[(&str, &str)]) -> Result<Process> {
    let mut probe = Command::new(env!("CARGO_BIN_EXE_probe"));
    probe.envs(environment.iter().copied());
    start(probe).await
}

/// One for pages of this origin.
pub(crate) async fn probe_for(origin: &str) -> Result<Process> {
    let mut probe = Command::new(env!("CARGO_BIN_EXE_probe"));
    probe.env("BIDENT_SERVER__CORS__ORIGINS", format!("[{origin:?}]"));
    start(probe).await
}

/// The example that a new user runs first.
pub(crate) async fn hello() -> Result<Process> {
    examples().await?;
    start(example("hello")?).await
}

/// The same with this environment.
pub(crate) async fn hello_with(environment: &[(&str, &str)]) -> Result<Process> {
    examples().await?;
    let mut hello = example("hello")?;
    hello.envs(environment.iter().copied());
    start(hello).await
}

/// The shop's three programs, each started as its README says: from the repository's root.
pub(crate) struct Shop {
    pub(crate) user: Process,
    pub(crate) order: Process,
    pub(crate) gateway: Process,
}

/// The shop on free ports. Its services call each other at `scheme`, `grpc` or `http`.
pub(crate) async fn shop(scheme: &str) -> Result<Shop> {
    examples().await?;
    let user = start(example("shop-user")?).await?;
    let users = format!("{scheme}://{}", user.addr());
    let mut order = example("shop-order")?;
    order.env("BIDENT_CLIENTS__USER__TARGET", &users);
    let order = start(order).await?;
    let gateway = gateway(&users, &format!("{scheme}://{}", order.addr())).await?;
    Ok(Shop { user, order, gateway })
}

/// The shop's gateway before these services; the program must have been built.
async fn gateway(users: &str, orders: &str) -> Result<Process> {
    let mut gateway = example("shop-gateway")?;
    gateway.env("BIDENT_CLIENTS__USER__TARGET", users).env("BIDENT_CLIENTS__ORDER__TARGET", orders);
    start(gateway).await
}

/// The shop's gateway before a user service of others.
pub(crate) async fn gateway_before(users: &Process) -> Result<Process> {
    examples().await?;
    let target = format!("grpc://{}", users.addr());
    gateway(&target, &target).await
}

/// Builds the examples, as `cargo run` would, once for all tests.
async fn examples() -> Result<()> {
    static BUILT: OnceCell<()> = OnceCell::const_new();
    let build = async || {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet"]).kill_on_drop(true);
        for package in ["hello", "shop-user", "shop-order", "shop-gateway"] {
            build.args(["--package", package]);
        }
        let built = timeout(BUILD_BOUND, build.status()).await.context("building examples")??;
        ensure!(built.success(), "the examples do not build");
        Ok(())
    };
    BUILT.get_or_try_init(build).await.copied()
}

/// A built example, to be started from the repository's root.
fn example(name: &str) -> Result<Command> {
    let mut command = Command::new(target_folder()?.join(name));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    Ok(command)
}

async fn start(mut command: Command) -> Result<Process> {
    command.env("BIDENT_SERVER__ADDR", "127.0.0.1:0").env("BIDENT_ADMIN__ADDR", "127.0.0.1:0");
    // What callers do wrong on purpose is no news here.
    if !command.as_std().get_envs().any(|(name, _)| name == "BIDENT_LOG") {
        command.env("BIDENT_LOG", "warn");
    }
    Process::start(command).await
}

/// Where cargo puts the programs it builds: this test lies in its `deps`.
fn target_folder() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    test.ancestors().nth(2).map(Path::to_path_buf).context("a test outside of a target folder")
}

/// Runs a foreign client to its end.
pub(crate) async fn call(program: &str, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    timeout(CALL_BOUND, command.output())
        .await
        .with_context(|| format!("{program} {arguments:?} did not end"))?
        .map_err(Into::into)
}
