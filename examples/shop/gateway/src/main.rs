//! The gateway on port 8003.

use bident::prelude::*;
use shop_api::order::{OrderServiceClient, OrderServiceServer};
use shop_api::user::{UserServiceClient, UserServiceServer};
use shop_gateway::{Orders, Users};

const DEFAULTS: &str = "
server: { addr: '0.0.0.0:8003' }
admin:  { addr: '0.0.0.0:9093' }
clients:
  user:  { target: 'grpc://127.0.0.1:8001' }
  order: { target: 'grpc://127.0.0.1:8002' }
";

#[tokio::main]
async fn main() -> bident::Result {
    let app = App::new("shop-gateway").defaults(DEFAULTS);
    let config = app.config().await?;
    let users = UserServiceClient::connect(config.get::<String>("clients.user.target")?).await?;
    let orders = OrderServiceClient::connect(config.get::<String>("clients.order.target")?).await?;
    app.service(UserServiceServer(Users(users)))
        .service(OrderServiceServer(Orders(orders)))
        .run()
        .await
}
