package tencent

import (
	"strings"

	"imdesk/emulator/internal/community"
)

const robotService = "openim_robot_http_svc"

var robotCommands = []command{
	{service: robotService, name: "create_robot", rate: 200, run: createRobot},
	{service: robotService, name: "delete_robot", rate: 200, run: deleteRobot},
	{service: robotService, name: "get_all_robots", rate: 200, run: listRobots},
}

const (
	robotPrefix   = "@RBT#"
	maxRobots     = 20
	codeRobotFull = 10008
	tagSignature  = "Tag_Profile_IM_SelfSignature"
)

// robotName reads the name of a robot.
func (c *call) robotName(field string) string {
	name := c.str(field)
	if !validUserID(name) || len(name) == len(robotPrefix) || !strings.HasPrefix(name, robotPrefix) {
		c.fail(field, "is not "+robotPrefix+" and up to 27 printable ASCII characters")
	}
	return name
}

// createRobot is create_robot, doc 55281. A robot is an account; one that is there stays as it is.
func createRobot(c *call) (any, error) {
	a := community.Account{Name: c.robotName("UserID"), Nick: c.optStr("Nick"), Face: c.optStr("FaceUrl")}
	signature := c.optStr("SelfSignature")
	if len(a.Nick) > maxProfileString || len(a.Face) > maxProfileString || len(signature) > maxProfileString {
		c.fail("Nick", "or another text is over 500 bytes")
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		created, err := tx.ImportAccount(c.app, a)
		if err != nil || !created {
			return err
		}
		robots, err := tx.AccountsLike(c.app, robotPrefix)
		if err != nil || len(robots) > maxRobots {
			return firstOf(err, refuse(codeRobotFull, "more than %d robots", maxRobots))
		}
		if signature == "" {
			return nil
		}
		made, err := tx.Account(c.app, a.Name)
		if err != nil {
			return err
		}
		text, err := marshal(signature)
		if err != nil {
			return err
		}
		return tx.SetProfile(made.UID, tagSignature, string(text))
	})
}

// deleteRobot is delete_robot.
func deleteRobot(c *call) (any, error) {
	name := c.robotName("Robot_Account")
	if err := c.failed(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		a, err := tx.Account(c.app, name)
		if err != nil {
			return err
		}
		return tx.DeleteAccount(c.app, a)
	})
}

// listRobots is get_all_robots, doc 55280.
func listRobots(c *call) (any, error) {
	robots, err := c.read().AccountsLike(c.app, robotPrefix)
	names := make([]string, len(robots))
	for i, a := range robots {
		names[i] = a.Name
	}
	return struct {
		RobotAccount []string `json:"Robot_Account"`
	}{names}, err
}
