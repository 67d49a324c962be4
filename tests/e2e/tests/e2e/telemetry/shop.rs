//! One trace over the three services of the shop, whichever prong they call each other by.

use e2e::call;
use serde_json::json;
use shop_api::order::{OrderServiceClient, OrderServiceServer};
use shop_api::user::{UserServiceClient, UserServiceServer};
use support::otlp::Status;

use super::*;

/// A browser's span, as a page with OpenTelemetry would send it.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const BROWSER: &str = "00f067aa0ba902b7";

/// The shop, which exports to one receiver, and what an order by a browser made its services tell.
struct Visit {
    gateway: SocketAddr,
    order: SocketAddr,
    user: SocketAddr,
    received: Received,
}

/// Registers Ann, then places an order as part of the browser's trace. The services call each other at `scheme`.
async fn visit(scheme: &str, flags: &str, product: &str) -> Visit {
    let receiver = Receiver::start().await.expect("a port");
    let defaults = exporting_to(receiver.addr());
    let app = |name: &str| {
        let app = App::new(name).defaults(&defaults);
        app.defaults("telemetry: {request_headers: [baggage]}")
    };
    let user = app("user").service(UserServiceServer(shop_user::Users::default()));
    let user = start(user).await;
    let at = |server: &Running| format!("{scheme}://{}", server.addr);
    let users = UserServiceClient::connect(at(&user)).await.expect("a client");
    let orders = shop_order::Orders::new(users.clone());
    let order = start(app("order").service(OrderServiceServer(orders))).await;
    let orders = OrderServiceClient::connect(at(&order)).await.expect("a client");
    let gateway = app("gateway")
        .service(UserServiceServer(shop_gateway::Users(users)))
        .service(OrderServiceServer(shop_gateway::Orders(orders)));
    let gateway = start(gateway).await;

    let ann = json!({"name": "Ann", "email": "ann@example.org"});
    // Not part of the trace that is looked at, nor recorded.
    let quiet = format!("00-{}-{BROWSER}-00", TRACE.replace('4', "5"));
    let ann = call("POST", "/v1/users").json(ann.to_string()).header("traceparent", &quiet);
    assert_eq!(ann.send(gateway.addr).await.status, 200);
    let wanted = json!({"user_id": "1", "items": [{"product_id": product, "quantity": 2}]});
    let traced = call("POST", "/v1/orders").json(wanted.to_string());
    let traced = traced.header("traceparent", &format!("00-{TRACE}-{BROWSER}-{flags}"));
    let status = traced
        .header("tracestate", "shop=1")
        .header("baggage", "tenant=acme;tier=1")
        .send(gateway.addr)
        .await
        .status;
    assert_eq!(status == 200, product == "book");
    let (gateway_addr, order_addr, user_addr) = (gateway.addr, order.addr, user.addr);
    for server in [gateway, order, user] {
        server.stop().await.expect("a clean stop");
    }
    let received = everything(&receiver);
    Visit { gateway: gateway_addr, order: order_addr, user: user_addr, received }
}

impl Visit {
    /// The one span of this kind that this service told.
    fn only(&self, service: &str, kind: Kind) -> &Span {
        let name = Some(&Value::from(service));
        let of =
            |span: &&Span| span.kind == kind && span.origin.resource.get("service.name") == name;
        let spans: Vec<_> = self.received.spans.iter().filter(of).collect();
        let [span] = spans[..] else { panic!("{service} {kind:?}: {spans:#?}") };
        span
    }
}

#[tokio::test]
async fn every_service_is_part_of_the_browsers_trace() {
    for scheme in ["grpc", "http"] {
        let visit = visit(scheme, "01", "book").await;
        assert!(visit.received.spans.iter().all(|span| span.trace == TRACE), "{scheme}");
        let (order, user) = if scheme == "grpc" {
            ("order.v1.OrderService/CreateOrder", "user.v1.UserService/GetUser")
        } else {
            ("POST /v1/orders", "GET /v1/users/{id}")
        };
        for (service, name) in [("gateway", "POST /v1/orders"), ("order", order), ("user", user)] {
            let span = visit.only(service, Kind::Server);
            assert_eq!(span.name, name, "{service} over {scheme}");
            assert_eq!(span.state, "shop=1", "{service} over {scheme}");
            // Sampled, and what the parent is has been looked at.
            assert_eq!(span.flags & 0x101, 0x101, "{service} over {scheme}: {:x}", span.flags);
        }
        assert_eq!(visit.only("gateway", Kind::Server).parent, BROWSER);
        // The baggage goes along, and each service sees it as the browser sent it.
        for service in ["gateway", "order", "user"] {
            let rpc = scheme == "grpc" && service != "gateway";
            let key = if rpc { "rpc.request.metadata" } else { "http.request.header" };
            let sent = Value::List(vec!["tenant=acme;tier=1".into()]);
            let span = visit.only(service, Kind::Server);
            assert_eq!(span.get(&format!("{key}.baggage")), Some(&sent), "{service}: {span:?}");
        }
        // A parent that came over the wire is marked so.
        assert_eq!(visit.only("user", Kind::Server).flags & 0x300, 0x300);
        assert_eq!(visit.only("gateway", Kind::Server).text("server.address"), "127.0.0.1");
        // Who called is said by each client of the kit.
        for (service, caller) in [("order", "gateway"), ("user", "order")] {
            assert_eq!(visit.only(service, Kind::Server).text("service.peer.name"), caller);
        }
        let port = i64::from(visit.gateway.port());
        assert_eq!(visit.only("gateway", Kind::Server).get("server.port"), Some(&port.into()));
    }
}

#[tokio::test]
async fn every_hop_has_a_span_on_both_of_its_ends() {
    for scheme in ["grpc", "http"] {
        let visit = visit(scheme, "01", "book").await;
        let [gateway, order, user] =
            ["gateway", "order", "user"].map(|service| visit.only(service, Kind::Server));
        let [to_order, to_user] =
            ["gateway", "order"].map(|service| visit.only(service, Kind::Client));
        let chain = [gateway, to_order, order, to_user, user];
        for pair in chain.windows(2) {
            let [above, below] = pair else { panic!("two") };
            assert_eq!(below.parent, above.id, "{scheme}: {above:?} {below:?}");
            assert!(below.start >= above.start && below.end <= above.end, "{above:?} {below:?}");
        }
        assert_eq!(visit.received.spans.len(), 5, "and nothing else");
        for (span, peer) in [(to_order, visit.order), (to_user, visit.user)] {
            assert_eq!(span.text("server.address"), "127.0.0.1", "{span:?}");
            let port = Some(Value::from(i64::from(peer.port())));
            assert_eq!(span.get("server.port"), port.as_ref(), "{span:?}");
            assert_eq!(span.status, Status::Unset);
        }
        if scheme == "grpc" {
            assert_eq!((&to_user.name, to_user.text("rpc.method")), (&user.name, &*user.name));
            assert_eq!(to_user.text("rpc.system.name"), "grpc");
            assert_eq!(to_user.text("rpc.response.status_code"), "OK");
            let metric = visit.received.metrics.iter().rfind(|it| {
                it.name == "rpc.client.call.duration"
                    && it.origin.resource.get("service.name") == Some(&"order".into())
            });
            let [point] = &metric.expect("the metric").points[..] else { panic!("{metric:?}") };
            // Ann's order alone made the order service call.
            assert_eq!(point.count, 1);
            assert!((point.sum - to_user.seconds()).abs() < 1e-6, "{point:?} {to_user:?}");
        } else {
            assert_eq!(to_user.name, "GET /v1/users/{id}");
            assert_eq!(to_user.text("http.request.method"), "GET");
            assert_eq!(to_user.text("url.full"), format!("http://{}/v1/users/1", visit.user));
            assert_eq!(to_user.get("http.response.status_code"), Some(&200.into()));
            assert_eq!(to_user.text("network.protocol.name"), "", "http needs no saying");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_an_error_of_the_client_and_not_of_the_server() {
    for scheme in ["grpc", "http"] {
        let visit = visit(scheme, "01", "ink").await;
        let (gateway, order) =
            (visit.only("gateway", Kind::Server), visit.only("order", Kind::Server));
        for span in [gateway, order] {
            assert_eq!(span.status, Status::Unset, "{scheme}");
            assert_eq!(span.text("kratos.error.reason"), "INSUFFICIENT_STOCK", "{scheme}");
        }
        let client = visit.only("gateway", Kind::Client);
        assert!(matches!(client.status, Status::Error(_)), "{scheme}: {client:?}");
        let expected = if scheme == "grpc" { "INVALID_ARGUMENT" } else { "400" };
        assert_eq!(client.text("error.type"), expected, "{client:?}");
        assert_eq!(client.text("kratos.error.reason"), "INSUFFICIENT_STOCK");
    }
}

#[tokio::test]
async fn a_trace_that_is_not_recorded_is_recorded_nowhere() {
    let visit = visit("grpc", "00", "book").await;
    assert_eq!(visit.received.spans.len(), 0, "{:?}", visit.received.spans);
}
