//! `order.v1`: what they buy.

use bident::prelude::*;

/// So many of one product.
#[message]
pub struct OrderItem {
    /// `book`, `pen`, ...
    pub product_id: String,
    /// At least one.
    pub quantity: u32,
}

/// What a new order brings.
#[message]
pub struct CreateOrderRequest {
    /// A user that the user service knows.
    pub user_id: String,
    /// At least one.
    pub items: Vec<OrderItem>,
}

/// A placed order.
#[message]
pub struct Order {
    /// Given by the service.
    pub id: String,
    /// Who ordered.
    pub user_id: String,
    /// What was ordered.
    pub items: Vec<OrderItem>,
    /// The price of everything together, in cents.
    pub total: u64,
}

/// Why the order service says no.
#[error_reason(domain = "order.v1")]
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// No order has this id.
    #[error("order {order_id} not found")]
    #[error_reason(code = 404)]
    OrderNotFound {
        /// The id that was asked for.
        order_id: String,
    },
    /// There is less of a product than was ordered.
    #[error("only {available} of {product_id} in stock")]
    #[error_reason(code = 400)]
    InsufficientStock {
        /// The product that ran short.
        product_id: String,
        /// How many there are.
        available: u32,
    },
    /// The request breaks a rule.
    #[error("{field} {problem}")]
    #[error_reason(code = 400)]
    InvalidOrderInput {
        /// The field of the request.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Whatever else went wrong on the way, as it came: an unknown user, a user service that is away.
    #[error(transparent)]
    #[error_reason(transparent)]
    Other(#[from] Error),
}

/// Placing and reading orders.
#[service(package = "order.v1")]
pub trait OrderService {
    /// Places an order and takes its items from stock.
    #[rpc(post = "/v1/orders")]
    async fn create_order(&self, req: CreateOrderRequest) -> Result<Order, OrderError>;

    /// One order by id.
    #[rpc(get = "/v1/orders/{id}")]
    async fn get_order(&self, id: String) -> Result<Order, OrderError>;
}
