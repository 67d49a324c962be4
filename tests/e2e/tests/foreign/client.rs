//! Generated clients against servers that others wrote: one in Python with grpcio, one in Go with grpc-go. Both serve the
//! shop's user service, and an id says how a call ends.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bident::client::Client;
use bident::prelude::*;
use bident::service::Service;
use bident::{Code, Error};
use shop_api::order::OrderServiceClient;
use shop_api::user::{CreateUserRequest, User, UserError, UserServiceClient, UserServiceServer};
use support::outside;
use support::process::Process;
use tokio::process::Command;

const PYTHON: &str = "import grpc, grpc_status, google.protobuf";

/// The server in Python, where it can run.
pub(crate) async fn python() -> Result<Option<Process>> {
    if !outside::has("python3", &["-c", PYTHON]) {
        return Ok(None);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/python/server.py");
    let mut command = Command::new("python3");
    command.arg(script);
    Process::start(command).await.map(Some)
}

/// The servers that can run here, and the language of each.
async fn servers() -> Result<Vec<(&'static str, Process)>> {
    let mut servers = Vec::new();
    if let Some(python) = python().await? {
        servers.push(("Python", python));
    }
    if outside::has("bident-peer-go", &["-version"]) {
        servers.push(("Go", Process::start(Command::new("bident-peer-go")).await?));
    }
    Ok(servers)
}

async fn users(server: &Process) -> Result<UserServiceClient> {
    Ok(UserServiceClient::connect(format!("grpc://{}", server.addr())).await?)
}

fn create(name: &str, email: &str) -> CreateUserRequest {
    CreateUserRequest { name: name.to_owned(), email: email.to_owned() }
}

#[tokio::test]
async fn messages_go_both_ways() -> Result<()> {
    for (language, server) in servers().await? {
        let users = users(&server).await?;
        let ann = users.get_user("1".to_owned()).await?;
        assert_eq!((&*ann.id, &*ann.name, &*ann.email), ("1", "Ann", "ann@example.org"));
        let bob = users.create_user(create("Bób €", "bob@example.org")).await?;
        assert_eq!((&*bob.id, &*bob.name, &*bob.email), ("2", "Bób €", "bob@example.org"));
        // More than one HTTP/2 frame and more than one window of it.
        for size in [0, 3, 20_000] {
            let page = users.list_users(size, "token".to_owned()).await?;
            let ids: Vec<_> = page.users.into_iter().map(|user| user.id).collect();
            let expected: Vec<_> = (1..=size).map(|number| number.to_string()).collect();
            assert_eq!((ids, &*page.next_page_token), (expected, "token+"), "{language}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn their_error_info_is_our_enum() -> Result<()> {
    for (language, server) in servers().await? {
        let users = users(&server).await?;
        let error = users.get_user("7".to_owned()).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Reason(UserError::UserNotFound { user_id }) if user_id == "7"),
            "{language}: {error:?}"
        );
        let taken = create("Ann", "ann@example.org");
        let error = users.create_user(taken).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Reason(UserError::UserAlreadyExists { email }) if email == "ann@example.org"),
            "{language}: {error:?}"
        );
        let error = Error::from(error);
        assert_eq!((error.code(), error.grpc_code()), (409, Code::Aborted), "{language}");
    }
    Ok(())
}

#[tokio::test]
async fn a_status_that_is_no_reason_of_ours_keeps_what_it_says() -> Result<()> {
    for (language, server) in servers().await? {
        let users = users(&server).await?;
        for (id, code, reason, domain, message) in [
            ("plain", Code::FailedPrecondition, "", "", Some("no details here")),
            ("foreign", Code::NotFound, "SHELF_NOT_FOUND", "shelf.v1", Some("nobody knows")),
            // What a handler that fails by accident says differs.
            ("broken", Code::Unknown, "", "", None),
        ] {
            let error = users.get_user(id.to_owned()).await.unwrap_err();
            assert!(!matches!(error, CallError::Reason(_)), "{language} {id}: {error:?}");
            let error = Error::from(error);
            assert_eq!(error.grpc_code(), code, "{language} {id}: {error:?}");
            assert_eq!((error.reason(), error.domain()), (reason, domain), "{language} {id}");
            let said = error.message();
            assert!(
                message.map_or(said.contains("something broke"), |text| said == text),
                "{said}"
            );
        }
        let orders = OrderServiceClient::connect(server.addr().to_string()).await?;
        let error = Error::from(orders.get_order("1".to_owned()).await.unwrap_err());
        assert_eq!((error.code(), error.grpc_code()), (501, Code::Unimplemented), "{language}");
    }
    Ok(())
}

/// As it goes over the wire: the contract's own is made by the macro.
#[message(package = "user.v1")]
struct GetUserRequest {
    id: String,
}

#[tokio::test]
async fn metadata_goes_both_ways() -> Result<()> {
    type Reply = Result<User, UserError>;
    let spec = <UserServiceServer<shop_user::Users> as Service>::SPEC;
    let method = spec.methods.iter().find(|method| method.name == "GetUser").context("GetUser")?;
    for (language, server) in servers().await? {
        let client = Client::connect(server.addr().to_string())
            .await?
            .with_metadata("x-md-global-tenant", "acme")
            .with_metadata("x-md-local-step", "1")
            .with_metadata("x-md-global-blob-bin", [0, 255, 62]);
        let request = GetUserRequest { id: "metadata".to_owned() };
        let reply = client.unary_reply::<_, Reply>(method, request).await?;
        assert_eq!(reply.headers()["x-answer"], "yes", "{language}");
        assert_eq!(reply.headers()["x-answer-bin"].to_str()?.trim_end_matches('='), "AP8");
        assert_eq!(reply.trailers()["x-end"], "it is", "{language}");
        let seen = reply.into_inner();
        assert_eq!((&*seen.id, &*seen.name, &*seen.email), ("acme", "1", "00ff3e"), "{language}");
    }
    Ok(())
}

#[tokio::test]
async fn the_deadline_is_theirs_too() -> Result<()> {
    for (language, server) in servers().await? {
        let users = users(&server).await?;
        let told = users.clone().with_deadline(Duration::from_secs(60));
        let left: u64 = told.get_user("deadline".to_owned()).await?.name.parse()?;
        assert!((1..=60_000).contains(&left) && left > 10_000, "{language}: {left} ms");

        let began = Instant::now();
        let hurried = users.with_deadline(Duration::from_millis(300));
        let error = Error::from(hurried.get_user("slow".to_owned()).await.unwrap_err());
        assert_eq!((error.code(), error.reason()), (504, "DEADLINE_EXCEEDED"), "{language}");
        assert_eq!(error.grpc_code(), Code::DeadlineExceeded, "{language}");
        assert!(began.elapsed() < Duration::from_secs(10), "{language}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_has_ended_is_unavailable() -> Result<()> {
    for (language, server) in servers().await? {
        let (known, addr) = (users(&server).await?, server.addr());
        known.get_user("1".to_owned()).await?;
        server.terminate()?;
        server.ended(Duration::from_secs(20)).await?;
        let new = UserServiceClient::connect(addr.to_string()).await?;
        for client in [known, new] {
            let error = Error::from(client.get_user("1".to_owned()).await.unwrap_err());
            assert_eq!((error.code(), error.reason()), (503, "UNAVAILABLE"), "{language}");
            assert!(error.message().contains(&addr.to_string()), "{language}: {error}");
        }
    }
    Ok(())
}
