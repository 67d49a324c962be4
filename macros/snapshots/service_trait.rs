pub trait Users: Send + Sync + 'static {
    fn get_user(
        &self,
        id: String,
    ) -> impl ::core::future::Future<
        Output = Result<User, UserError>,
    > + ::core::marker::Send;
    /// How many there are.
    fn count(&self) -> impl ::core::future::Future<Output = Count> + ::core::marker::Send
    where
        Self: ::core::marker::Sync,
    {
        async move { Count::default() }
    }
}
///A typed client of `user.v1.Users`, over gRPC or HTTP.
#[derive(::core::clone::Clone)]
#[allow(dead_code, unreachable_pub, reason = "not every crate calls its own service")]
pub struct UsersClient {
    client: ::bident::client::Client,
}
///Serves an implementation of [`Users`]: what an app mounts.
#[allow(dead_code, reason = "a crate may only use the client")]
pub struct UsersServer<T>(pub T);
impl<T: Users> UsersServer<T> {
    /// Runs the hooks of the implementation too, declared in its impl marked `#[service(hooks)]`.
    #[allow(dead_code, reason = "most implementations have no hooks")]
    pub fn with_hooks(self) -> ::bident::service::WithHooks<Self, T>
    where
        T: ::bident::service::Hooks,
    {
        ::bident::service::WithHooks::new(self, |server| &server.0)
    }
}
const _: () = {
    #[::bident::message(
        crate = ::bident,
        name = "GetUserRequest",
        skip(Debug, Clone, PartialEq)
    )]
    struct __BidentGetUserRequest {
        id: String,
    }
    #[automatically_derived]
    impl ::bident::service::Wraps<String> for __BidentGetUserRequest {
        fn wrap(value: String) -> Self {
            Self { id: value }
        }
        fn unwrap(self) -> String {
            self.id
        }
    }
    static __BIDENT_SPEC: ::bident::service::ServiceSpec = ::bident::service::ServiceSpec {
        package: "user.v1",
        name: "Users",
        full_name: "user.v1.Users",
        doc: "",
        deprecated: false,
        methods: &[
            ::bident::service::MethodSpec {
                name: "GetUser",
                operation: "/user.v1.Users/GetUser",
                doc: "",
                bindings: &[
                    ::bident::service::BindingSpec {
                        verb: "GET",
                        path: "/v1/users/{id}",
                        body: ::core::option::Option::None,
                        response_body: ::core::option::Option::None,
                    },
                ],
                shape: ::bident::service::Shape::Unary,
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                input: <<String as ::bident::service::Arg<
                    __BidentGetUserRequest,
                >>::Request as ::bident::message::Message>::describe,
                output: <<Result<
                    User,
                    UserError,
                > as ::bident::service::Outcome>::Message as ::bident::message::Message>::describe,
            },
            ::bident::service::MethodSpec {
                name: "Count",
                operation: "/user.v1.Users/Count",
                doc: "How many there are.",
                bindings: &[],
                shape: ::bident::service::Shape::Unary,
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                input: <() as ::bident::message::Message>::describe,
                output: <<Count as ::bident::service::Outcome>::Message as ::bident::message::Message>::describe,
            },
        ],
    };
    const _: () = ::core::assert!(
        ::bident::__private::has_field(< < String as ::bident::service::Arg <
        __BidentGetUserRequest >> ::Request as ::bident::message::Message > ::FIELDS,
        "id"),
        "the path variable `{{id}}` names no field of the request: `id` is not one"
    );
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated method is served like any other")]
    impl<__T> ::bident::service::Service for UsersServer<__T>
    where
        __T: Users + ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        const SPEC: &'static ::bident::service::ServiceSpec = &__BIDENT_SPEC;
        fn mount(self: ::std::sync::Arc<Self>, mount: &mut ::bident::service::Mount) {
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .unary::<
                        <String as ::bident::service::Arg<
                            __BidentGetUserRequest,
                        >>::Request,
                        _,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[0usize],
                        move |context, request| async move {
                            let _ = &context;
                            <Result<
                                User,
                                UserError,
                            > as ::bident::service::Outcome>::into_reply(
                                <__T as Users>::get_user(
                                        &service.0,
                                        <String as ::bident::service::Arg<
                                            __BidentGetUserRequest,
                                        >>::from_request(request),
                                    )
                                    .await,
                            )
                        },
                    );
            }
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .unary::<
                        (),
                        _,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[1usize],
                        move |context, request| async move {
                            let () = request;
                            let _ = &context;
                            <Count as ::bident::service::Outcome>::into_reply(
                                <__T as Users>::count(&service.0).await,
                            )
                        },
                    );
            }
        }
    }
    #[automatically_derived]
    #[allow(
        dead_code,
        deprecated,
        private_interfaces,
        private_bounds,
        unreachable_pub,
        reason = "the client is as visible as its messages, which only their own definitions say"
    )]
    impl UsersClient {
        /// A client of the server at `target`, such as `grpc://127.0.0.1:8000` or `http://127.0.0.1:8000`.
        ///
        /// # Errors
        /// A target that cannot be read. The connection itself is made by the first call.
        pub async fn connect(
            target: impl ::core::convert::AsRef<str>,
        ) -> ::bident::error::Result<Self> {
            ::bident::client::Client::connect(::core::convert::AsRef::as_ref(&target))
                .await
                .map(Self::from_client)
        }
        /// A client over connections that are shared with others.
        #[must_use]
        pub fn from_client(client: ::bident::client::Client) -> Self {
            Self { client }
        }
        /// The same client, whose calls end by `deadline`: a `Duration` after each call's start, or an `Instant`.
        #[must_use]
        pub fn with_deadline(
            mut self,
            deadline: impl ::core::convert::Into<::bident::client::Deadline>,
        ) -> Self {
            self.client = self.client.with_deadline(deadline);
            self
        }
        /// The same client, whose calls carry this header or metadata entry too.
        #[must_use]
        pub fn with_metadata(
            mut self,
            key: &str,
            value: impl ::core::convert::AsRef<[u8]>,
        ) -> Self {
            self.client = self.client.with_metadata(key, value);
            self
        }
        ///Calls `/user.v1.Users/GetUser`.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn get_user(
            &self,
            id: String,
        ) -> ::core::result::Result<
            <Result<User, UserError> as ::bident::service::Outcome>::Message,
            ::bident::error::CallError<
                <Result<User, UserError> as ::bident::service::Outcome>::Error,
            >,
        > {
            self.client
                .unary::<
                    <String as ::bident::service::Arg<__BidentGetUserRequest>>::Request,
                    ::core::result::Result<
                        <Result<User, UserError> as ::bident::service::Outcome>::Message,
                        <Result<User, UserError> as ::bident::service::Outcome>::Error,
                    >,
                >(
                    &__BIDENT_SPEC.methods[0usize],
                    <String as ::bident::service::Arg<
                        __BidentGetUserRequest,
                    >>::into_request(id),
                )
                .await
        }
        /// How many there are.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn count(
            &self,
        ) -> ::core::result::Result<
            <Count as ::bident::service::Outcome>::Message,
            ::bident::error::CallError<<Count as ::bident::service::Outcome>::Error>,
        > {
            self.client
                .unary::<
                    (),
                    ::core::result::Result<
                        <Count as ::bident::service::Outcome>::Message,
                        <Count as ::bident::service::Outcome>::Error,
                    >,
                >(&__BIDENT_SPEC.methods[1usize], ())
                .await
        }
    }
};
