//! The shop's orders, kept in memory. Whether a user exists is the user service's to say.

mod stock;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shop_api::order::{CreateOrderRequest, Order, OrderError, OrderItem, OrderService};
use shop_api::user::UserServiceClient;

use self::stock::Stock;

/// Every order, and what is left to sell.
pub struct Orders {
    users: UserServiceClient,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    stock: Stock,
    orders: HashMap<String, Order>,
}

impl Orders {
    /// No orders yet, plenty of books and pens.
    pub fn new(users: UserServiceClient) -> Self {
        Self { users, shelf: Mutex::default() }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OrderService for Orders {
    async fn create_order(&self, req: CreateOrderRequest) -> Result<Order, OrderError> {
        check(&req.items)?;
        // An unknown user's USER_NOT_FOUND goes on to our own caller as it is.
        let user = self.users.get_user(req.user_id).await.map_err(bident::Error::from)?;
        let mut shelf = self.shelf();
        let total = shelf.stock.take(&req.items)?;
        let id = (shelf.orders.len() + 1).to_string();
        let order = Order { id: id.clone(), user_id: user.id, items: req.items, total };
        shelf.orders.insert(id, order.clone());
        Ok(order)
    }

    async fn get_order(&self, id: String) -> Result<Order, OrderError> {
        let order = self.shelf().orders.get(&id).cloned();
        order.ok_or(OrderError::OrderNotFound { order_id: id })
    }
}

fn check(items: &[OrderItem]) -> Result<(), OrderError> {
    let problem = if items.is_empty() {
        "must not be empty"
    } else if items.iter().any(|item| item.quantity == 0) {
        "must not hold a quantity of zero"
    } else {
        return Ok(());
    };
    Err(OrderError::InvalidOrderInput { field: "items".to_owned(), problem: problem.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(product_id: &str, quantity: u32) -> OrderItem {
        OrderItem { product_id: product_id.to_owned(), quantity }
    }

    #[test]
    fn an_order_needs_items_and_each_a_quantity() {
        for items in [vec![], vec![item("book", 1), item("pen", 0)]] {
            let error = check(&items).unwrap_err();
            assert!(matches!(error, OrderError::InvalidOrderInput { .. }));
        }
        assert!(check(&[item("book", 1)]).is_ok());
    }
}
