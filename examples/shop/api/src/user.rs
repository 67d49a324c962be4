//! `user.v1`: who may buy.

use bident::prelude::*;

/// A registered user.
#[message]
pub struct User {
    /// Given by the service.
    pub id: String,
    /// How the user wants to be called.
    pub name: String,
    /// Unique among all users.
    pub email: String,
}

/// What a new user brings.
#[message]
pub struct CreateUserRequest {
    /// One to a hundred characters.
    pub name: String,
    /// Not yet taken.
    pub email: String,
}

/// A page of users.
#[message]
pub struct ListUsersReply {
    /// In the order of their registration.
    pub users: Vec<User>,
    /// Asks for the next page; empty on the last one.
    pub next_page_token: String,
}

/// Why the user service says no.
#[error_reason(domain = "user.v1")]
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Nobody has this id.
    #[error("user {user_id} not found")]
    #[error_reason(code = 404)]
    UserNotFound {
        /// The id that was asked for.
        user_id: String,
    },
    /// The email belongs to somebody.
    #[error("a user with the email {email} already exists")]
    #[error_reason(code = 409)]
    UserAlreadyExists {
        /// The email that is taken.
        email: String,
    },
    /// The request breaks a rule.
    #[error("{field} {problem}")]
    #[error_reason(code = 400)]
    InvalidUserInput {
        /// The field of the request.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Whatever else went wrong on the way, as it came.
    #[error(transparent)]
    #[error_reason(transparent)]
    Other(#[from] Error),
}

/// Registration and look-up of users.
#[service(package = "user.v1")]
pub trait UserService {
    /// One user by id.
    #[rpc(get = "/v1/users/{id}")]
    async fn get_user(&self, id: String) -> Result<User, UserError>;

    /// Registers a user.
    #[rpc(post = "/v1/users")]
    async fn create_user(&self, req: CreateUserRequest) -> Result<User, UserError>;

    /// All users, page by page: twenty at once, or `page_size` up to a hundred.
    #[rpc(get = "/v1/users")]
    async fn list_users(
        &self,
        page_size: i32,
        page_token: String,
    ) -> Result<ListUsersReply, UserError>;
}
