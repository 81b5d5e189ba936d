package emulator

import "context"

// AnswerFriend answers, as the app on user's device would, asker's wish to be his friend. It fails if there is none.
func (s *Server) AnswerFriend(ctx context.Context, sdkAppID int64, user, asker string, agree bool) error {
	return s.tencent.AnswerFriend(ctx, sdkAppID, user, asker, agree)
}
