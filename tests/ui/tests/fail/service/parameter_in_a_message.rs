#![allow(unused)]

struct Store<T>(T);

#[bident::service(package = "a.v1")]
impl<T: Send + Sync + 'static> Store<T> {
    #[rpc]
    async fn put(&self, value: Vec<T>) {}

    #[rpc]
    async fn get(&self) -> T {
        loop {}
    }
}

fn main() {}
