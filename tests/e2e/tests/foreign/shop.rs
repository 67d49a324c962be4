//! The shop, three processes, called by foreign clients: each service by itself, and both through the gateway.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use support::outside;

use crate::client;
use crate::curl::{VERSIONS, curl, has_curl};
use crate::grpc::{PYTHON, buf, grpcurl, has_buf, has_grpcurl, is_error_info, told};
use crate::server::{self, Shop};

/// Where the users and the orders of a shop are served.
type Front = fn(&Shop) -> [SocketAddr; 2];

const FRONTS: [(&str, Front); 2] = [
    ("services", |shop| [shop.user.addr(), shop.order.addr()]),
    ("gateway", |shop| [shop.gateway.addr(); 2]),
];

/// One call and what must come back: over HTTP and, by name, over gRPC.
struct Step {
    verb: &'static str,
    path: &'static str,
    rpc: &'static str,
    request: Value,
    status: u16,
    /// The gRPC status.
    grpc: i32,
    answer: Value,
}

impl Step {
    /// A success: what a client without our ProtoJSON shows leaves out what is empty.
    fn works(
        (verb, path): (&'static str, &'static str),
        rpc: &'static str,
        request: Value,
        answer: Value,
    ) -> Self {
        Self { verb, path, rpc, request, status: 200, grpc: 0, answer }
    }

    fn fails(
        (verb, path): (&'static str, &'static str),
        rpc: &'static str,
        request: Value,
        (status, grpc, reason): (u16, i32, &str),
        message: &str,
        metadata: Value,
    ) -> Self {
        let answer =
            json!({"code": status, "reason": reason, "message": message, "metadata": metadata});
        Self { verb, path, rpc, request, status, grpc, answer }
    }

    /// Whom to ask, of a front's two.
    fn at(&self, [users, orders]: [SocketAddr; 2]) -> SocketAddr {
        if self.rpc.starts_with("user.v1.") { users } else { orders }
    }

    fn reason(&self) -> &str {
        self.answer["reason"].as_str().unwrap_or_default()
    }
}

fn order(user_id: &str, product_id: &str, quantity: u32) -> Value {
    json!({"user_id": user_id, "items": [{"product_id": product_id, "quantity": quantity}]})
}

/// A visit to an empty shop, in this order.
fn visit() -> Vec<Step> {
    const CREATE_USER: &str = "user.v1.UserService/CreateUser";
    const CREATE_ORDER: &str = "order.v1.OrderService/CreateOrder";
    const USERS: (&str, &str) = ("POST", "/v1/users");
    const ORDERS: (&str, &str) = ("POST", "/v1/orders");
    let ann = json!({"id": "1", "name": "Ann", "email": "ann@example.org"});
    let bob = json!({"id": "2", "name": "Bob", "email": "bob@example.org"});
    let new_ann = json!({"name": "Ann", "email": "ann@example.org"});
    let new_bob = json!({"name": "Bob", "email": "bob@example.org"});
    let items = json!([{"productId": "book", "quantity": 2}]);
    let placed = json!({"id": "1", "userId": "1", "items": items, "total": "4800"});
    let user_7 = json!({"user_id": "7"});
    vec![
        Step::works(USERS, CREATE_USER, new_ann.clone(), ann.clone()),
        Step::works(USERS, CREATE_USER, new_bob, bob.clone()),
        Step::works(
            ("GET", "/v1/users/2"),
            "user.v1.UserService/GetUser",
            json!({"id": "2"}),
            bob.clone(),
        ),
        Step::works(
            ("GET", "/v1/users?page_size=1"),
            "user.v1.UserService/ListUsers",
            json!({"page_size": 1}),
            json!({"users": [ann], "nextPageToken": "1"}),
        ),
        Step::works(
            ("GET", "/v1/users?page_size=1&page_token=1"),
            "user.v1.UserService/ListUsers",
            json!({"page_size": 1, "page_token": "1"}),
            json!({"users": [bob], "nextPageToken": ""}),
        ),
        Step::works(ORDERS, CREATE_ORDER, order("1", "book", 2), placed.clone()),
        Step::works(
            ("GET", "/v1/orders/1"),
            "order.v1.OrderService/GetOrder",
            json!({"id": "1"}),
            placed,
        ),
        Step::fails(
            ("GET", "/v1/users/7"),
            "user.v1.UserService/GetUser",
            json!({"id": "7"}),
            (404, 5, "USER_NOT_FOUND"),
            "user 7 not found",
            user_7.clone(),
        ),
        Step::fails(
            USERS,
            CREATE_USER,
            new_ann,
            (409, 10, "USER_ALREADY_EXISTS"),
            "a user with the email ann@example.org already exists",
            json!({"email": "ann@example.org"}),
        ),
        Step::fails(
            USERS,
            CREATE_USER,
            json!({"name": "Cid", "email": "cid"}),
            (400, 3, "INVALID_USER_INPUT"),
            "email must look like name@host",
            json!({"field": "email", "problem": "must look like name@host"}),
        ),
        Step::fails(
            ("GET", "/v1/orders/7"),
            "order.v1.OrderService/GetOrder",
            json!({"id": "7"}),
            (404, 5, "ORDER_NOT_FOUND"),
            "order 7 not found",
            json!({"order_id": "7"}),
        ),
        Step::fails(
            ORDERS,
            CREATE_ORDER,
            order("1", "ink", 1),
            (400, 3, "INSUFFICIENT_STOCK"),
            "only 0 of ink in stock",
            json!({"product_id": "ink", "available": "0"}),
        ),
        Step::fails(
            ORDERS,
            CREATE_ORDER,
            order("7", "book", 1),
            (404, 5, "USER_NOT_FOUND"),
            "user 7 not found",
            user_7,
        ),
    ]
}

#[tokio::test]
async fn curl_buys_in_the_shop() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    for version in VERSIONS {
        for (front, addresses) in FRONTS {
            // The services speak to each other over one prong, then over the other.
            for scheme in ["grpc", "http"] {
                let shop = server::shop(scheme).await?;
                for step in visit() {
                    let url = format!("http://{}{}", step.at(addresses(&shop)), step.path);
                    let body = step.request.to_string();
                    let sent = if step.verb == "POST" { &["--json", &body][..] } else { &[] };
                    let answer = curl(&[&[version, &url], sent].concat()).await?;
                    let what = format!("{version} {front} {scheme} {} {}", step.verb, step.path);
                    assert_eq!(
                        (answer.status, answer.json()?),
                        (step.status, step.answer),
                        "{what}"
                    );
                }
            }
        }
    }
    Ok(())
}

/// What clients show that leave out empty fields.
fn shown(mut answer: Value) -> Value {
    if let Some(fields) = answer.as_object_mut() {
        fields.retain(|_, value| value.as_str() != Some(""));
    }
    answer
}

#[tokio::test]
async fn buf_buys_in_the_shop() -> Result<()> {
    if !has_buf() {
        return Ok(());
    }
    for (front, addresses) in FRONTS {
        let shop = server::shop("grpc").await?;
        for step in visit() {
            let url = format!("http://{}/{}", step.at(addresses(&shop)), step.rpc);
            let output = buf(&url, &step.request.to_string(), &[]).await?;
            let what = format!("{front} {}: {}", step.rpc, told(&output));
            assert_eq!(output.status.code(), Some(step.grpc * 8), "{what}");
            if step.grpc == 0 {
                let answer: Value = serde_json::from_slice(&output.stdout).context(what.clone())?;
                assert_eq!(answer, shown(step.answer), "{what}");
            } else {
                let error: Value = serde_json::from_slice(&output.stderr).context(what.clone())?;
                assert_eq!(error["message"], step.answer["message"], "{what}");
                let details = error["details"].as_array().with_context(|| what.clone())?;
                assert!(
                    details.iter().any(|detail| is_error_info(detail, step.reason())),
                    "{what}"
                );
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn grpcurl_buys_in_the_shop() -> Result<()> {
    if !has_grpcurl() {
        return Ok(());
    }
    for (front, addresses) in FRONTS {
        let shop = server::shop("grpc").await?;
        for step in visit() {
            let addr = step.at(addresses(&shop)).to_string();
            let output = grpcurl(&addr, step.rpc, &["-d", &step.request.to_string()]).await?;
            let what = format!("{front} {}: {}", step.rpc, told(&output));
            if step.grpc == 0 {
                assert!(output.status.success(), "{what}");
                let answer: Value = serde_json::from_slice(&output.stdout).context(what.clone())?;
                assert_eq!(answer, shown(step.answer), "{what}");
            } else {
                assert_eq!(output.status.code(), Some(64 + step.grpc), "{what}");
                assert!(told(&output).contains(step.reason()), "{what}");
                let message = step.answer["message"].as_str().context("a message")?;
                assert!(told(&output).contains(message), "{what}");
            }
        }
    }
    Ok(())
}

async fn python(script: &str, arguments: &[String]) -> Result<()> {
    let script = format!("{}/../peers/python/{script}", env!("CARGO_MANIFEST_DIR"));
    let arguments: Vec<&str> =
        [script.as_str()].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    let output = server::call("python3", &arguments).await?;
    assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    Ok(())
}

#[tokio::test]
async fn python_buys_in_the_shop() -> Result<()> {
    if !outside::has("python3", &["-c", PYTHON]) {
        return Ok(());
    }
    for (_, addresses) in FRONTS {
        let shop = server::shop("grpc").await?;
        python("shop.py", &addresses(&shop).map(|addr| addr.to_string())).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_call_takes_along_passes_the_gateway() -> Result<()> {
    if !outside::has("python3", &["-c", PYTHON]) {
        return Ok(());
    }
    let Some(users) = client::python().await? else { return Ok(()) };
    let gateway = server::gateway_before(&users).await?;
    python("flow.py", &[gateway.addr().to_string()]).await?;
    if !has_curl() {
        return Ok(());
    }
    for version in VERSIONS {
        let get = async |id: &str, headers: &[&str]| {
            let url = format!("http://{}/v1/users/{id}", gateway.addr());
            let headers = headers.iter().flat_map(|header| ["--header", header]);
            curl(&[version, &url].into_iter().chain(headers).collect::<Vec<_>>()).await
        };
        let sent = ["x-md-global-tenant: acme", "x-md-global-blob-bin: AP8+", "x-md-local-step: 1"];
        let seen = get("metadata", &sent).await?;
        let expected = json!({"id": "acme", "name": "", "email": "00ff3e"});
        assert_eq!((seen.status, seen.json()?), (200, expected), "{version}");

        for header in ["connect-timeout-ms: 5000", "grpc-timeout: 5S"] {
            let seen = get("deadline", &[header]).await?.json()?;
            let left: u64 = seen["name"].as_str().context("milliseconds")?.parse()?;
            // The gateway's own bound is ten seconds.
            assert!((1..=5_000).contains(&left), "{version} {header}: {left}");
        }
        let late = get("slow", &["connect-timeout-ms: 300"]).await?;
        let reason = late.json()?["reason"].clone();
        assert_eq!((late.status, reason), (504, json!("DEADLINE_EXCEEDED")), "{version}");

        let plain = get("plain", &[]).await?;
        assert_eq!(plain.json()?["message"], "no details here", "{version}");
        let broken = get("broken", &[]).await?;
        assert_eq!(broken.status, 500, "{version}");
        assert!(!broken.json()?.to_string().contains("something broke"), "{version}");
    }
    Ok(())
}
