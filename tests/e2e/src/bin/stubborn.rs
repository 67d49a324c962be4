//! A server for the tests that need a process: it says on stdout what happens to it, and with `stubborn: true` its stop
//! takes longer than anybody waits.

use bident::prelude::*;

#[message]
struct Answer {
    stubborn: bool,
}

struct Stubborn {
    stubborn: bool,
}

#[service(package = "stubborn.v1")]
impl Stubborn {
    #[rpc(get = "/stubborn")]
    async fn is_stubborn(&self) -> Answer {
        Answer { stubborn: self.stubborn }
    }

    #[hook(before_stop)]
    async fn stopping(&self) -> bident::Result {
        println!("stopping");
        if self.stubborn {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> bident::Result {
    let app = App::new("stubborn").version("v1.2.3").defaults("stubborn: false");
    let stubborn = app.config().await?.get("stubborn")?;
    app.service(Stubborn { stubborn }).run().await
}
