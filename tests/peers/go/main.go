// A user service as a Go team would write it with grpc-go, for clients of ours to call. It keeps nothing: the id in a
// request says how the answer ends, see getUser.
//
// Usage: bident-peer-go [-version]. Listens on a free port of loopback and says which on stdout.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
)

func main() {
	version := flag.Bool("version", false, "say whose server this is, and end")
	flag.Parse()
	if *version {
		fmt.Println("grpc-go", grpc.Version)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "user.v1.UserService",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			method("GetUser", getUserRequest, getUser),
			method("CreateUser", createUserRequest, createUser),
			method("ListUsers", listUsersRequest, listUsers),
		},
	}, struct{}{})
	fmt.Println("listening on", listener.Addr())
	log.Fatal(server.Serve(listener))
}

// getUser answers, or fails, as the id says.
func getUser(ctx context.Context, request *dynamicpb.Message) (proto.Message, error) {
	switch id := text(request, "id"); id {
	case "plain":
		return nil, status.Error(codes.FailedPrecondition, "no details here")
	case "foreign":
		return nil, reason(codes.NotFound, "nobody knows", "SHELF_NOT_FOUND", "shelf.v1", nil)
	case "slow":
		<-ctx.Done()
		return nil, status.FromContextError(ctx.Err()).Err()
	case "broken":
		return nil, fmt.Errorf("something broke")
	case "deadline":
		deadline, ok := ctx.Deadline()
		if !ok {
			return nil, status.Error(codes.Internal, "no deadline")
		}
		return user(id, strconv.FormatInt(time.Until(deadline).Milliseconds(), 10), ""), nil
	case "metadata":
		incoming, _ := metadata.FromIncomingContext(ctx)
		first := func(key string) string { return append(incoming.Get(key), "")[0] }
		if err := grpc.SendHeader(ctx, metadata.Pairs("x-answer", "yes", "x-answer-bin", "\x00\xff")); err != nil {
			return nil, err
		}
		if err := grpc.SetTrailer(ctx, metadata.Pairs("x-end", "it is")); err != nil {
			return nil, err
		}
		blob := fmt.Sprintf("%x", first("x-md-global-blob-bin"))
		return user(first("x-md-global-tenant"), first("x-md-local-step"), blob), nil
	case "1":
		return user("1", "Ann", "ann@example.org"), nil
	default:
		text := fmt.Sprintf("user %s not found", id)
		return nil, reason(codes.NotFound, text, "USER_NOT_FOUND", "user.v1", map[string]string{"user_id": id})
	}
}

// createUser knows one email that is taken.
func createUser(_ context.Context, request *dynamicpb.Message) (proto.Message, error) {
	email := text(request, "email")
	if email == "ann@example.org" {
		text := fmt.Sprintf("a user with the email %s already exists", email)
		return nil, reason(codes.Aborted, text, "USER_ALREADY_EXISTS", "user.v1", map[string]string{"email": email})
	}
	return user("2", text(request, "name"), email), nil
}

// listUsers has a page for every size and token, and says what it was asked for.
func listUsers(_ context.Context, request *dynamicpb.Message) (proto.Message, error) {
	size := request.Get(field(listUsersRequest, "page_size")).Int()
	reply := dynamicpb.NewMessage(listUsersReply)
	users := reply.Mutable(field(listUsersReply, "users")).List()
	for number := range size {
		id := strconv.FormatInt(number+1, 10)
		one := users.AppendMutable().Message()
		one.Set(field(userMessage, "id"), value(id))
	}
	reply.Set(field(listUsersReply, "next_page_token"), value(text(request, "page_token")+"+"))
	return reply, nil
}

func reason(code codes.Code, text, reason, domain string, about map[string]string) error {
	info := &errdetails.ErrorInfo{Reason: reason, Domain: domain, Metadata: about}
	rich, err := status.New(code, text).WithDetails(info)
	if err != nil {
		return err
	}
	return rich.Err()
}
