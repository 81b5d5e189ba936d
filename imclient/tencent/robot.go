package tencent

import "context"

var (
	createRobot  = command[CreateRobotRequest, Done](robotSvc, "create_robot", writes, rateDefault, "55281")
	deleteRobot  = command[DeleteRobotRequest, Done](robotSvc, "delete_robot", writes, rateDefault, "")
	getAllRobots = command[Empty, GetAllRobotsAnswer](robotSvc, "get_all_robots", reads, rateDefault, "55280")
)

// robotSvc is the service of robots: accounts whose ids begin with @RBT#.
const robotSvc = "openim_robot_http_svc"

// CreateRobotRequest is a robot to make. UserID begins with @RBT# and takes 32 bytes, SelfSignature 500.
type CreateRobotRequest struct {
	UserID        string
	Nick          string `json:",omitempty"`
	FaceUrl       string `json:",omitempty"`
	SelfSignature string `json:",omitempty"`
}

// CreateRobot makes a robot, of which an app has at most 20. Codes: 10002, 10004, 10008 (limit reached).
//
// Source: Tencent Cloud Chat REST API, create_robot (doc 55281).
func (a *API) CreateRobot(ctx context.Context, q *CreateRobotRequest) (*Done, error) {
	return call(ctx, a, createRobot, q)
}

// DeleteRobotRequest names a robot.
type DeleteRobotRequest struct {
	RobotAccount string `json:"Robot_Account"`
}

// DeleteRobot removes a robot. Codes: 10002, 10004, 10008.
//
// Source: Tencent Cloud Chat REST API, delete_robot.
func (a *API) DeleteRobot(ctx context.Context, q *DeleteRobotRequest) (*Done, error) {
	return call(ctx, a, deleteRobot, q)
}

// GetAllRobotsAnswer names all robots.
type GetAllRobotsAnswer struct {
	Envelope
	RobotAccount []Str `json:"Robot_Account"`
}

// GetAllRobots lists the app's robots. Codes: 10002, 10008.
//
// Source: Tencent Cloud Chat REST API, get_all_robots (doc 55280).
func (a *API) GetAllRobots(ctx context.Context, q *Empty) (*GetAllRobotsAnswer, error) {
	return call(ctx, a, getAllRobots, q)
}
