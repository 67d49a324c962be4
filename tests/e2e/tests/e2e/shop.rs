//! The shop, all three services on their own ports, called through the gateway.

use std::net::SocketAddr;

use bident::{App, CallError};
use e2e::{Running, start};
use serde_json::{Value, json};
use shop_api::order::{
    CreateOrderRequest, OrderError, OrderItem, OrderServiceClient, OrderServiceServer,
};
use shop_api::user::{CreateUserRequest, UserError, UserServiceClient, UserServiceServer};

struct Shop {
    user: Running,
    _order: Running,
    gateway: Running,
}

impl Shop {
    async fn open() -> Self {
        let user = UserServiceServer(shop_user::Users::default());
        let user = start(App::new("user").service(user)).await;
        let users = UserServiceClient::connect(user.addr.to_string()).await.unwrap();
        let orders = shop_order::Orders::new(users.clone());
        let order = start(App::new("order").service(OrderServiceServer(orders))).await;
        let orders = OrderServiceClient::connect(order.addr.to_string()).await.unwrap();
        let gateway = App::new("gateway")
            .service(UserServiceServer(shop_gateway::Users(users)))
            .service(OrderServiceServer(shop_gateway::Orders(orders)));
        let gateway = start(gateway).await;
        Self { user, _order: order, gateway }
    }

    /// Speaks to the gateway as a browser would.
    async fn http(&self, verb: &str, path: &str, body: Value) -> (u16, Value) {
        http(self.gateway.addr, verb, path, body).await
    }
}

async fn http(addr: SocketAddr, verb: &str, path: &str, body: Value) -> (u16, Value) {
    let call = match body {
        Value::Null => e2e::call(verb, path),
        body => e2e::call(verb, path).json(body.to_string()),
    };
    let answer = call.send(addr).await;
    (answer.status.as_u16(), answer.json())
}

fn ann() -> CreateUserRequest {
    CreateUserRequest { name: "Ann".to_owned(), email: "ann@example.org".to_owned() }
}

fn items(product_id: &str, quantity: u32) -> Vec<OrderItem> {
    vec![OrderItem { product_id: product_id.to_owned(), quantity }]
}

#[tokio::test]
async fn an_order_goes_through_all_three() {
    let shop = Shop::open().await;
    let (status, user) =
        shop.http("POST", "/v1/users", json!({"name": "Ann", "email": "ann@example.org"})).await;
    assert_eq!(
        (status, &user),
        (200, &json!({"id": "1", "name": "Ann", "email": "ann@example.org"}))
    );
    assert_eq!(shop.http("GET", "/v1/users/1", Value::Null).await, (200, user));

    let wanted = json!({"user_id": "1", "items": [{"product_id": "book", "quantity": 2}]});
    let (status, order) = shop.http("POST", "/v1/orders", wanted).await;
    let items = json!([{"productId": "book", "quantity": 2}]);
    let placed = json!({"id": "1", "userId": "1", "items": items, "total": "4800"});
    assert_eq!((status, &order), (200, &placed));
    assert_eq!(shop.http("GET", "/v1/orders/1", Value::Null).await, (200, order));
}

#[tokio::test]
async fn every_reason_arrives_over_http_as_it_left() {
    let shop = Shop::open().await;
    let user = json!({"name": "Ann", "email": "ann@example.org"});
    shop.http("POST", "/v1/users", user.clone()).await;
    let order = |user_id: &str, product_id: &str, quantity: u32| json!({"user_id": user_id, "items": [{"product_id": product_id, "quantity": quantity}]});
    for (verb, path, body, code, reason, metadata) in [
        ("GET", "/v1/users/7", Value::Null, 404, "USER_NOT_FOUND", json!({"user_id": "7"})),
        (
            "POST",
            "/v1/users",
            user,
            409,
            "USER_ALREADY_EXISTS",
            json!({"email": "ann@example.org"}),
        ),
        (
            "POST",
            "/v1/users",
            json!({"name": "Bob", "email": "bob"}),
            400,
            "INVALID_USER_INPUT",
            json!({"field": "email", "problem": "must look like name@host"}),
        ),
        ("GET", "/v1/orders/7", Value::Null, 404, "ORDER_NOT_FOUND", json!({"order_id": "7"})),
        (
            "POST",
            "/v1/orders",
            order("1", "book", 1_000_001),
            400,
            "INSUFFICIENT_STOCK",
            json!({"product_id": "book", "available": "1000000"}),
        ),
        (
            "POST",
            "/v1/orders",
            order("7", "book", 1),
            404,
            "USER_NOT_FOUND",
            json!({"user_id": "7"}),
        ),
    ] {
        let (status, answer) = shop.http(verb, path, body).await;
        assert_eq!((status, &answer["reason"]), (code, &json!(reason)), "{verb} {path}: {answer}");
        assert_eq!(answer["code"], code);
        assert_eq!(answer["metadata"], metadata, "{verb} {path}");
    }
}

#[tokio::test]
async fn pages_are_walked_through_the_gateway() {
    let shop = Shop::open().await;
    for name in ["a", "b", "c"] {
        let user = json!({"name": name, "email": format!("{name}@example.org")});
        shop.http("POST", "/v1/users", user).await;
    }
    let names = |page: &Value| {
        page["users"].as_array().unwrap().iter().map(|u| u["name"].clone()).collect::<Vec<_>>()
    };
    let (_, first) = shop.http("GET", "/v1/users?page_size=2", Value::Null).await;
    assert_eq!(names(&first), [json!("a"), json!("b")]);
    let token = first["nextPageToken"].as_str().unwrap();
    let path = format!("/v1/users?page_size=2&page_token={token}");
    let (_, last) = shop.http("GET", &path, Value::Null).await;
    assert_eq!((names(&last), &last["nextPageToken"]), (vec![json!("c")], &json!("")));
}

#[tokio::test]
async fn typed_clients_get_the_enums_back_from_the_gateway() {
    let shop = Shop::open().await;
    for scheme in ["grpc", "http"] {
        let target = format!("{scheme}://{}", shop.gateway.addr);
        let users = UserServiceClient::connect(&target).await.unwrap();
        let orders = OrderServiceClient::connect(&target).await.unwrap();

        let error = users.get_user("7".to_owned()).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Reason(UserError::UserNotFound { user_id }) if user_id == "7"),
            "{scheme}: {error:?}"
        );
        // The first round registers Ann, the second finds her there.
        if let Err(error) = users.create_user(ann()).await {
            assert!(matches!(error, CallError::Reason(UserError::UserAlreadyExists { .. })));
        }
        let request = CreateOrderRequest { user_id: "1".to_owned(), items: items("ink", 1) };
        let error = orders.create_order(request).await.unwrap_err();
        assert!(
            matches!(
                &error,
                CallError::Reason(OrderError::InsufficientStock { product_id, available: 0 })
                    if product_id == "ink"
            ),
            "{scheme}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_service_that_is_away_is_unavailable_and_stays_private() {
    let Shop { user, gateway, _order } = Shop::open().await;
    let away = user.addr.to_string();
    user.stop().await.unwrap();
    for (verb, path, body) in [
        ("GET", "/v1/users/1", Value::Null),
        (
            "POST",
            "/v1/orders",
            json!({"user_id": "1", "items": [{"product_id": "pen", "quantity": 1}]}),
        ),
    ] {
        let (status, answer) = http(gateway.addr, verb, path, body).await;
        assert_eq!((status, &answer["reason"]), (503, &json!("UNAVAILABLE")), "{answer}");
        assert!(!answer.to_string().contains(&away), "{answer}");
    }
}
