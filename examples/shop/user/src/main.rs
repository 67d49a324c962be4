//! The user service on port 8001.

use bident::prelude::*;
use shop_api::user::UserServiceServer;
use shop_user::Users;

const DEFAULTS: &str = "
server: { addr: '0.0.0.0:8001' }
admin:  { addr: '0.0.0.0:9091' }
";

#[tokio::main]
async fn main() -> bident::Result {
    App::new("shop-user")
        .defaults(DEFAULTS)
        .service(UserServiceServer(Users::default()))
        .run()
        .await
}
