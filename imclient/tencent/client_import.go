package tencent

import (
	"context"
	"strconv"

	"imdesk/imclient"
)

type importArea struct{ *client }

// Users makes accounts that do not exist yet.
func (i importArea) Users(ctx context.Context, ids []string) ([]imclient.Refused, error) {
	return i.users(withOp(ctx, "import.users"), ids)
}

func (i importArea) users(ctx context.Context, ids []string) ([]imclient.Refused, error) {
	return inBatches(ctx, ids, maxAccounts, same, func(batch []string) ([]imclient.Refused, error) {
		r, err := i.api.MultiaccountImport(ctx, &MultiaccountImportRequest{Accounts: batch})
		if err != nil {
			return nil, err
		}
		return accountsRefused(ctx, r), nil
	})
}

// SetNick gives an account its name.
func (i importArea) SetNick(ctx context.Context, user, nick string) error {
	_, err := i.api.PortraitSet(withOp(ctx, "import.set_nick"), &PortraitSetRequest{
		FromAccount: user, ProfileItem: []TagSet{{Tag: TagNick, Value: nick}},
	})
	return err
}

// Group makes the group and returns its id.
func (i importArea) Group(ctx context.Context, g imclient.ImportGroup) (string, error) {
	q := &ImportGroupRequest{Type: string(g.Type), GroupId: g.ID, Name: g.Name, OwnerAccount: g.OwnerID}
	if !g.Created.IsZero() {
		q.CreateTime = g.Created.Unix()
	}
	r, err := i.api.ImportGroup(withOp(ctx, "import.group"), q)
	if err != nil {
		return "", err
	}
	return string(r.GroupId), nil
}

// Members puts people into the group.
func (i importArea) Members(ctx context.Context, group string, m []imclient.ImportMember) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "import.members")
	id := func(m imclient.ImportMember) string { return m.UserID }
	return inBatches(ctx, m, maxAddMembers, id, func(batch []imclient.ImportMember) ([]imclient.Refused, error) {
		q := &ImportGroupMemberRequest{GroupId: group}
		for _, m := range batch {
			one := ImportedMember{MemberAccount: m.UserID}
			if m.Admin {
				one.Role = wireAdmin
			}
			if !m.Joined.IsZero() {
				one.JoinTime = m.Joined.Unix()
			}
			q.MemberList = append(q.MemberList, one)
		}
		r, err := i.api.ImportGroupMember(ctx, q)
		if err != nil {
			return nil, err
		}
		return refusedMembers(ctx, importGroupMember.Command, r.MemberList), nil
	})
}

// importable are the elements that import_group_msg takes.
var importable = map[string]bool{ElemText: true, ElemFace: true, ElemLocation: true, ElemCustom: true}

// Messages appends messages. A batch that fails ends it, for what comes after must not be stored before it.
func (i importArea) Messages(ctx context.Context, group string, m []imclient.ImportMessage) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "import.messages")
	group, topic := splitTopic(group)
	var refused []imclient.Refused
	var list []ImportedMsg
	var index []int // of list in m
	for n, msg := range m {
		body, err := encodeBody(ctx, msg.Body)
		if err != nil {
			refused = append(refused, imclient.Refused{ID: strconv.Itoa(n), Err: asError(ctx, err)})
			continue
		}
		if !allImportable(body) {
			refused = append(refused, imclient.Refused{ID: strconv.Itoa(n), Err: notSentItem(ctx)})
			continue
		}
		list = append(list, ImportedMsg{FromAccount: msg.From, SendTime: msg.At.Unix(), Random: msg.Random, MsgBody: body})
		index = append(index, n)
	}
	for at := 0; at < len(list); at += maxImportMsgs {
		end := min(at+maxImportMsgs, len(list))
		r, err := i.api.ImportGroupMsg(ctx, &ImportGroupMsgRequest{GroupId: group, TopicId: topic, MsgList: list[at:end]})
		if err != nil {
			e := asError(ctx, err)
			if at == 0 {
				return nil, e
			}
			unsent := *e
			unsent.Sent = false
			for n := at; n < len(list); n++ {
				why := e
				if n >= end {
					why = &unsent
				}
				refused = append(refused, imclient.Refused{ID: strconv.Itoa(index[n]), Err: why})
			}
			return refused, nil
		}
		for n, result := range r.ImportMsgResult {
			if result.Result != 0 && at+n < end {
				refused = append(refused, imclient.Refused{
					ID: strconv.Itoa(index[at+n]), Err: itemError(opOf(ctx, importGroupMsg.Command), importGroupMsg.Command, result.Result, ""),
				})
			}
		}
	}
	return refused, nil
}

func allImportable(body []MsgElement) bool {
	for _, e := range body {
		if !importable[e.MsgType] {
			return false
		}
	}
	return true
}

// notSentItem refuses a message with an element that the import does not take.
func notSentItem(ctx context.Context) *imclient.Error {
	e := ownError(ctx, importGroupMsg.Command, codeElement)
	e.Status, e.Sent = 0, false
	return e
}
