package emulator

import "context"

// AskFriend asks, as the app on user's device would, peer to be a friend of his. It reports true if they are friends now,
// and false if peer has yet to answer.
func (s *Server) AskFriend(ctx context.Context, sdkAppID int64, user, peer, wording string) (bool, error) {
	return s.tencent.AskFriend(ctx, sdkAppID, user, peer, wording)
}

// AnswerFriend answers, as the app on user's device would, asker's wish to be his friend. It fails if there is none.
func (s *Server) AnswerFriend(ctx context.Context, sdkAppID int64, user, asker string, agree bool) error {
	return s.tencent.AnswerFriend(ctx, sdkAppID, user, asker, agree)
}

// Pin keeps a conversation at the top of a user's list, or no longer, as the app on his device would. peer is an account
// or, if inGroup, a group.
func (s *Server) Pin(ctx context.Context, sdkAppID int64, user, peer string, inGroup, on bool) error {
	return s.tencent.Pin(ctx, sdkAppID, user, peer, inGroup, on)
}
