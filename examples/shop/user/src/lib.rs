//! The shop's users, kept in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shop_api::user::{CreateUserRequest, ListUsersReply, User, UserError, UserService};

const DEFAULT_PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;
const LONGEST_NAME: usize = 100;

/// Every user, by number.
#[derive(Default)]
pub struct Users(Mutex<BTreeMap<u64, User>>);

impl Users {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, User>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UserService for Users {
    async fn get_user(&self, id: String) -> Result<User, UserError> {
        let user = id.parse().ok().and_then(|number: u64| self.lock().get(&number).cloned());
        user.ok_or(UserError::UserNotFound { user_id: id })
    }

    async fn create_user(&self, req: CreateUserRequest) -> Result<User, UserError> {
        let name = checked_name(&req.name)?;
        let email = checked_email(&req.email)?;
        let mut users = self.lock();
        if users.values().any(|user| user.email.eq_ignore_ascii_case(email)) {
            return Err(UserError::UserAlreadyExists { email: email.to_owned() });
        }
        let number = users.last_key_value().map_or(1, |(last, _)| last + 1);
        let user = User { id: number.to_string(), name: name.to_owned(), email: email.to_owned() };
        users.insert(number, user.clone());
        Ok(user)
    }

    async fn list_users(
        &self,
        page_size: i32,
        page_token: String,
    ) -> Result<ListUsersReply, UserError> {
        let size = match usize::try_from(page_size) {
            Ok(0) => DEFAULT_PAGE,
            Ok(size) => size.min(LARGEST_PAGE),
            Err(_) => return Err(invalid("page_size", "must not be negative")),
        };
        // The token is the number of the last user that the caller has seen.
        let seen: u64 = match page_token.as_str() {
            "" => 0,
            token => token
                .parse()
                .map_err(|_| invalid("page_token", "must come from an earlier page"))?,
        };
        let users = self.lock();
        let mut rest = users.range(seen.saturating_add(1)..).map(|(_, user)| user.clone());
        let page: Vec<User> = rest.by_ref().take(size).collect();
        let next_page_token = match (rest.next(), page.last()) {
            (Some(_), Some(last)) => last.id.clone(),
            _ => String::new(),
        };
        Ok(ListUsersReply { users: page, next_page_token })
    }
}

fn checked_name(name: &str) -> Result<&str, UserError> {
    match name.trim() {
        "" => Err(invalid("name", "must not be empty")),
        name if name.chars().count() > LONGEST_NAME => {
            Err(invalid("name", "must not be longer than 100 characters"))
        }
        name => Ok(name),
    }
}

fn checked_email(email: &str) -> Result<&str, UserError> {
    let email = email.trim();
    match email.split_once('@') {
        Some((user, host))
            if !user.is_empty()
                && !host.is_empty()
                && !host.contains('@')
                && !email.contains(char::is_whitespace) =>
        {
            Ok(email)
        }
        _ => Err(invalid("email", "must look like name@host")),
    }
}

fn invalid(field: &str, problem: &str) -> UserError {
    UserError::InvalidUserInput { field: field.to_owned(), problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn create(users: &Users, name: &str, email: &str) -> Result<User, UserError> {
        users
            .create_user(CreateUserRequest { name: name.to_owned(), email: email.to_owned() })
            .await
    }

    #[tokio::test]
    async fn a_created_user_is_found() {
        let users = Users::default();
        let ann = create(&users, " Ann ", "ann@example.org").await.unwrap();
        assert_eq!((ann.id.as_str(), ann.name.as_str()), ("1", "Ann"));
        assert_eq!(users.get_user("1".to_owned()).await.unwrap(), ann);
        for id in ["2", "ghost", "", "-1"] {
            let error = users.get_user(id.to_owned()).await.unwrap_err();
            assert!(matches!(error, UserError::UserNotFound { user_id } if user_id == id));
        }
    }

    #[tokio::test]
    async fn an_email_is_taken_once() {
        let users = Users::default();
        create(&users, "Ann", "ann@example.org").await.unwrap();
        let error = create(&users, "Anna", "Ann@Example.org").await.unwrap_err();
        assert!(matches!(error, UserError::UserAlreadyExists { .. }));
    }

    #[tokio::test]
    async fn bad_input_names_its_field() {
        let users = Users::default();
        for (name, email, wrong) in [
            ("", "a@b", "name"),
            (&*"x".repeat(101), "a@b", "name"),
            ("Ann", "", "email"),
            ("Ann", "ann", "email"),
            ("Ann", "@b", "email"),
            ("Ann", "a@b@c", "email"),
            ("Ann", "a b@c", "email"),
        ] {
            let error = create(&users, name, email).await.unwrap_err();
            assert!(
                matches!(&error, UserError::InvalidUserInput { field, .. } if field == wrong),
                "{name} {email}: {error}"
            );
        }
    }

    #[tokio::test]
    async fn pages_hold_every_user_once() {
        let users = Users::default();
        for number in 0..25 {
            create(&users, "Ann", &format!("ann{number}@example.org")).await.unwrap();
        }
        for (size, pages) in [(10, vec![10, 10, 5]), (0, vec![20, 5]), (25, vec![25])] {
            let (mut token, mut seen, mut ids) = (String::new(), Vec::new(), Vec::new());
            loop {
                let page = users.list_users(size, token).await.unwrap();
                seen.push(page.users.len());
                ids.extend(page.users.into_iter().map(|user| user.id));
                token = page.next_page_token;
                if token.is_empty() {
                    break;
                }
            }
            assert_eq!(seen, pages);
            assert_eq!(ids, (1..=25).map(|number: u32| number.to_string()).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn a_page_that_cannot_be_is_refused() {
        let users = Users::default();
        for (size, token, wrong) in [(-1, "", "page_size"), (1, "next", "page_token")] {
            let error = users.list_users(size, token.to_owned()).await.unwrap_err();
            assert!(matches!(error, UserError::InvalidUserInput { field, .. } if field == wrong));
        }
        let past = users.list_users(1, u64::MAX.to_string()).await.unwrap();
        assert!(past.users.is_empty());
    }
}
