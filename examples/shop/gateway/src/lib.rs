//! The shop's front door: it implements the same contracts as the services behind it, by asking them.
//!
//! Reasons come back typed and leave as they came; deadlines, `x-md-global-*` metadata and the trace pass through by
//! themselves.

use bident::CallError;
use shop_api::order::{CreateOrderRequest, Order, OrderError, OrderService, OrderServiceClient};
use shop_api::user::{
    CreateUserRequest, ListUsersReply, User, UserError, UserService, UserServiceClient,
};

/// The user service, one hop away.
pub struct Users(pub UserServiceClient);

impl UserService for Users {
    async fn get_user(&self, id: String) -> Result<User, UserError> {
        self.0.get_user(id).await.map_err(CallError::flatten)
    }

    async fn create_user(&self, req: CreateUserRequest) -> Result<User, UserError> {
        self.0.create_user(req).await.map_err(CallError::flatten)
    }

    async fn list_users(
        &self,
        page_size: i32,
        page_token: String,
    ) -> Result<ListUsersReply, UserError> {
        self.0.list_users(page_size, page_token).await.map_err(CallError::flatten)
    }
}

/// The order service, one hop away.
pub struct Orders(pub OrderServiceClient);

impl OrderService for Orders {
    async fn create_order(&self, req: CreateOrderRequest) -> Result<Order, OrderError> {
        self.0.create_order(req).await.map_err(CallError::flatten)
    }

    async fn get_order(&self, id: String) -> Result<Order, OrderError> {
        self.0.get_order(id).await.map_err(CallError::flatten)
    }
}
