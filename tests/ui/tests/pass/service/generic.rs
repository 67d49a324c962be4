//! A service may be generic, where its messages are not.

use bident::service::Service;

trait Store: Send + Sync + 'static {
    fn count(&self) -> u64;
}

struct Memory;

impl Store for Memory {
    fn count(&self) -> u64 {
        1
    }
}

#[bident::message]
struct Count {
    count: u64,
}

struct Books<S, const N: usize>
where
    S: Store,
{
    store: S,
}

#[bident::service(package = "books.v1")]
impl<S, const N: usize> Books<S, N>
where
    S: Store,
{
    #[bident::rpc]
    async fn count(&self) -> Count {
        Count { count: self.store.count() }
    }

    #[bident::hook(after_stop)]
    async fn close(&self) -> bident::Result {
        Ok(())
    }
}

fn main() {
    let _ = Books::<_, 3> { store: Memory };
    assert_eq!(<Books<Memory, 3> as Service>::SPEC.full_name, "books.v1.Books");
}
