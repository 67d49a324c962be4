//! What is on the shelf and what it costs.

use std::collections::HashMap;

use shop_api::order::{OrderError, OrderItem};

/// Products by id.
pub(crate) struct Stock(HashMap<&'static str, Product>);

struct Product {
    cents: u64,
    available: u32,
}

impl Default for Stock {
    fn default() -> Self {
        Self(HashMap::from([
            ("book", Product { cents: 2_400, available: 1_000_000 }),
            ("pen", Product { cents: 150, available: 1_000_000 }),
        ]))
    }
}

impl Stock {
    /// Takes all items off the shelf, or none of them; says what they cost together, in cents.
    pub(crate) fn take(&mut self, items: &[OrderItem]) -> Result<u64, OrderError> {
        let mut wanted: HashMap<&str, u64> = HashMap::new();
        for item in items {
            *wanted.entry(&item.product_id).or_default() += u64::from(item.quantity);
        }
        // In the order of the request, so that the same request always names the same product.
        for item in items {
            let product_id = item.product_id.as_str();
            let available = self.0.get(product_id).map_or(0, |product| product.available);
            if wanted[product_id] > u64::from(available) {
                let product_id = product_id.to_owned();
                return Err(OrderError::InsufficientStock { product_id, available });
            }
        }
        let mut total = 0;
        for item in items {
            if let Some(product) = self.0.get_mut(item.product_id.as_str()) {
                product.available -= item.quantity;
                total += product.cents * u64::from(item.quantity);
            }
        }
        Ok(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(product_id: &str, quantity: u32) -> OrderItem {
        OrderItem { product_id: product_id.to_owned(), quantity }
    }

    #[test]
    fn the_total_is_the_sum_of_all_items() {
        let mut stock = Stock::default();
        assert_eq!(stock.take(&[item("book", 2), item("pen", 3)]).unwrap(), 5_250);
    }

    #[test]
    fn what_is_short_is_named_and_nothing_is_taken() {
        let mut stock = Stock::default();
        for (items, short, left) in [
            (vec![item("pen", 1), item("ink", 1)], "ink", 0),
            (vec![item("book", 1_000_001)], "book", 1_000_000),
            // Two lines of one product count together.
            (vec![item("book", 600_000), item("book", 600_000)], "book", 1_000_000),
            (vec![item("book", u32::MAX), item("book", u32::MAX)], "book", 1_000_000),
        ] {
            let error = stock.take(&items).unwrap_err();
            let OrderError::InsufficientStock { product_id, available } = error else {
                panic!("{error}");
            };
            assert_eq!((product_id.as_str(), available), (short, left));
        }
        assert!(stock.take(&[item("book", 1_000_000), item("pen", 1_000_000)]).is_ok());
    }
}
