//! Without the feature `telemetry` the body runs as it is.

struct Shop;

#[bident::traced]
impl Shop {
    async fn sell(&self, id: u32) -> Result<u32, bident::Error> {
        Ok(self.price(id))
    }

    #[traced(name = "shop.price", kind = "internal", fields(item.id = %id))]
    fn price(&self, id: u32) -> u32 {
        id * 2
    }
}

fn main() {
    assert_eq!(Shop.price(2), 4);
    drop(Shop.sell(1));
}
