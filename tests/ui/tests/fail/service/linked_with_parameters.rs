struct Store<T>(T);

#[bident::service(package = "a.v1", linked)]
impl<T: Send + Sync + 'static> Store<T> {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
