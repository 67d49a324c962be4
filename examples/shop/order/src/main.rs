//! The order service on port 8002.

use bident::prelude::*;
use shop_api::order::OrderServiceServer;
use shop_api::user::UserServiceClient;
use shop_order::Orders;

const DEFAULTS: &str = "
server: { addr: '0.0.0.0:8002' }
admin:  { addr: '0.0.0.0:9092' }
clients:
  user: { target: 'grpc://127.0.0.1:8001' }
";

#[tokio::main]
async fn main() -> bident::Result {
    let app = App::new("shop-order").defaults(DEFAULTS);
    let config = app.config().await?;
    let users = UserServiceClient::connect(config.get::<String>("clients.user.target")?).await?;
    app.service(OrderServiceServer(Orders::new(users))).run().await
}
