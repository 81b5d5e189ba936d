package tencent

import "context"

var (
	getCloudAuditKeywordsIDs = command[KeywordLibrariesRequest, KeywordLibrariesAnswer](wordSvc, "get_cloud_audit_keywords_ids", reads, rateDefault, "77829")
	getCloudAuditKeywords    = command[CloudKeywordsRequest, CloudKeywordsAnswer](wordSvc, "get_cloud_audit_keywords", reads, rateDefault, "77830")
	addCloudAuditKeywords    = command[AddCloudKeywordsRequest, Done](wordSvc, "add_cloud_audit_keywords", writes, rateDefault, "77831")
	deleteCloudAuditKeywords = command[DeleteCloudKeywordsRequest, DeleteCloudKeywordsAnswer](wordSvc, "delete_cloud_audit_keywords", writes, rateDefault, "77832")
	addLocalAuditKeywords    = command[AddLocalKeywordsRequest, Done](wordSvc, "add_local_audit_keywords", writes, rateDefault, "")
	deleteLocalAuditKeywords = command[DeleteLocalKeywordsRequest, Done](wordSvc, "delete_local_audit_keywords", writes, rateDefault, "")
	getLocalAuditKeywords    = command[LocalKeywordsRequest, LocalKeywordsAnswer](wordSvc, "get_local_audit_keywords", reads, rateDefault, "")
	contentModeration        = command[ContentModerationRequest, ContentModerationAnswer](checkSvc, "content_moderation", reads, rateDefault, "")
	batchContentModeration   = command[BatchContentModerationRequest, BatchContentModerationAnswer](checkSvc, "batch_content_moderation", reads, rateDefault, "")
	dirtyWordsGet            = command[Empty, DirtyWordsAnswer](dirtySvc, "get", reads, rateWords, "")
	dirtyWordsAdd            = command[DirtyWords, Done](dirtySvc, "add", writes, rateWords, "")
	dirtyWordsDelete         = command[DirtyWords, Done](dirtySvc, "delete", writes, rateWords, "")
)

// The services of the vendor's own filter: the words, the check of single texts and files, and the words of old.
const (
	wordSvc  = "im_msg_audit_mgr"
	checkSvc = "im_msg_audit"
	dirtySvc = "openim_dirty_words"
)

// Caps of the keyword commands.
const (
	maxWordPage    = 100 // get_cloud_audit_keywords and its like
	maxWordsDelete = 10  // delete_cloud_audit_keywords
	maxLocalWords  = 10  // add_local_audit_keywords, delete_local_audit_keywords
	maxWordsAdd    = 10  // add_cloud_audit_keywords: its page has no figure (2016: too many); this is ours
	maxChecked     = 10  // batch_content_moderation
)

// KeywordLibrariesRequest asks for a page of at most 100 libraries. The app's id stands in the body once more.
type KeywordLibrariesRequest struct {
	SdkAppId int64
	Offset   int
	Limit    int
}

// KeywordLibrariesAnswer is a page.
type KeywordLibrariesAnswer struct {
	Envelope
	TotalCount Int
	Infos      []KeywordLibrary
}

// KeywordLibrary is one. Suggestion is what a hit leads to: Block, Review.
type KeywordLibrary struct {
	ID         Str
	LibName    Str
	Describe   Str
	CreateTime Str
	Suggestion Str
}

// GetCloudAuditKeywordsIDs lists the libraries of the cloud moderation. Codes: 2001 to 2004, 2015 (not enabled).
//
// Source: Tencent Cloud Chat REST API, get_cloud_audit_keywords_ids (doc 77829).
func (a *API) GetCloudAuditKeywordsIDs(ctx context.Context, q *KeywordLibrariesRequest) (*KeywordLibrariesAnswer, error) {
	return call(ctx, a, getCloudAuditKeywordsIDs, q)
}

// CloudKeywordsRequest asks for a page of at most 100 keywords of a library. Content finds those that contain it.
type CloudKeywordsRequest struct {
	SdkAppId int64
	LibID    string
	Offset   int
	Limit    int
	Content  string `json:",omitempty"`
}

// CloudKeywordsAnswer is a page.
type CloudKeywordsAnswer struct {
	Envelope
	TotalCount Int
	Infos      []CloudKeyword
}

// CloudKeyword is one.
type CloudKeyword struct {
	ID         Str
	Content    Str
	CreateTime Str
}

// GetCloudAuditKeywords lists keywords of a library. Codes: 2001 to 2004, 2015.
//
// Source: Tencent Cloud Chat REST API, get_cloud_audit_keywords (doc 77830).
func (a *API) GetCloudAuditKeywords(ctx context.Context, q *CloudKeywordsRequest) (*CloudKeywordsAnswer, error) {
	return call(ctx, a, getCloudAuditKeywords, q)
}

// AddCloudKeywordsRequest has keywords for a library.
type AddCloudKeywordsRequest struct {
	SdkAppId     int64
	LibID        string
	UserKeywords []LabelledKeyword
}

// LabelledKeyword is one. Label: Normal, Illegal, Abuse, Polity, Ad, Porn, Sexy, Terror, Composite.
type LabelledKeyword struct {
	Content string
	Label   string `json:",omitempty"`
}

// AddCloudAuditKeywords adds keywords to a library. Codes: 2001 to 2004, 2015, 2016 (too many at once).
//
// Source: Tencent Cloud Chat REST API, add_cloud_audit_keywords (doc 77831).
func (a *API) AddCloudAuditKeywords(ctx context.Context, q *AddCloudKeywordsRequest) (*Done, error) {
	return call(ctx, a, addCloudAuditKeywords, q)
}

// DeleteCloudKeywordsRequest names at most 10 keywords of a library.
type DeleteCloudKeywordsRequest struct {
	SdkAppId int64
	LibID    string
	Keywords []string
}

// DeleteCloudKeywordsAnswer says for each keyword how it went. Count is 0 after a success, too.
type DeleteCloudKeywordsAnswer struct {
	Envelope
	Count   Int
	Details []DeletedKeyword
}

// DeletedKeyword is one's. Deleted is 1 if it is gone.
type DeletedKeyword struct {
	KeywordID Str
	Keyword   Str
	Deleted   Int
	ErrorInfo Str
}

// DeleteCloudAuditKeywords removes keywords from a library. Codes: 2001 to 2004, 2015, 2016.
//
// Source: Tencent Cloud Chat REST API, delete_cloud_audit_keywords (doc 77832).
func (a *API) DeleteCloudAuditKeywords(ctx context.Context, q *DeleteCloudKeywordsRequest) (*DeleteCloudKeywordsAnswer, error) {
	return call(ctx, a, deleteCloudAuditKeywords, q)
}

// Values of the fields of local keywords.
const (
	WordPlain   = 1 // WordType: a word
	WordPattern = 2 // WordType: a regular expression
	WordReplace = 1 // FilterType: a hit is replaced
	WordBlock   = 2 // FilterType: the message is blocked
)

// AddLocalKeywordsRequest has at most 10 keywords.
type AddLocalKeywordsRequest struct {
	SdkAppId        int64
	LocalAuditWords []LocalKeyword
}

// LocalKeyword is one.
type LocalKeyword struct {
	Keyword         string
	WordType        int
	FilterType      int    `json:",omitempty"`
	ReplacedContent string `json:",omitempty"`
}

// AddLocalAuditKeywords adds keywords to the filter inside the app. Codes: 2001 to 2004, 2015, 2016.
//
// Source: Tencent Cloud Chat REST API, add_local_audit_keywords.
func (a *API) AddLocalAuditKeywords(ctx context.Context, q *AddLocalKeywordsRequest) (*Done, error) {
	return call(ctx, a, addLocalAuditKeywords, q)
}

// DeleteLocalKeywordsRequest names keywords by text and type.
type DeleteLocalKeywordsRequest struct {
	SdkAppId        int64
	LocalAuditWords []LocalKeyword
}

// DeleteLocalAuditKeywords removes keywords from the filter inside the app. Codes: 2001 to 2004, 2015, 2016.
//
// Source: Tencent Cloud Chat REST API, delete_local_audit_keywords.
func (a *API) DeleteLocalAuditKeywords(ctx context.Context, q *DeleteLocalKeywordsRequest) (*Done, error) {
	return call(ctx, a, deleteLocalAuditKeywords, q)
}

// LocalKeywordsRequest asks for a page of at most 100 keywords of one FilterType. Keyword finds those that contain it.
type LocalKeywordsRequest struct {
	SdkAppId   int64
	FilterType int
	Offset     int
	Limit      int
	Keyword    string `json:",omitempty"`
}

// LocalKeywordsAnswer is a page. The totals are for words and for regular expressions.
type LocalKeywordsAnswer struct {
	Envelope
	LocalAuditWords []LocalKeywordInfo
	TotalCount      Int
	TotalRegCount   Int
	CurCount        Int
	CurRegCount     Int
}

// LocalKeywordInfo is one.
type LocalKeywordInfo struct {
	Id              Str
	Keyword         Str
	WordType        Int
	FilterType      Int
	ReplacedContent Str
	UpdateTime      Str
}

// GetLocalAuditKeywords lists the keywords of the filter inside the app. Codes: 2001 to 2004, 2015.
//
// Source: Tencent Cloud Chat REST API, get_local_audit_keywords.
func (a *API) GetLocalAuditKeywords(ctx context.Context, q *LocalKeywordsRequest) (*LocalKeywordsAnswer, error) {
	return call(ctx, a, getLocalAuditKeywords, q)
}

// ContentModerationRequest is a text of 8 KB, or the address of a file, to be judged. AuditName is a strategy: C2C, Group,
// UserInfo, GroupInfo, GroupMemberInfo, RelationChain. ContentType: Text, Image, Audio, Video.
type ContentModerationRequest struct {
	AuditName   string
	ContentType string
	Content     string
}

// ContentModerationAnswer is the verdict. Result: Pass, Review, Block. Score: 0 to 100.
type ContentModerationAnswer struct {
	Envelope
	Result   Str
	Score    Int
	Label    Str
	Keywords []Str
}

// ContentModeration judges a text or a file; nothing is kept. Codes: 2001 to 2004, 2015.
//
// Source: Tencent Cloud Chat REST API, content_moderation.
func (a *API) ContentModeration(ctx context.Context, q *ContentModerationRequest) (*ContentModerationAnswer, error) {
	return call(ctx, a, contentModeration, q)
}

// BatchContentModerationRequest is at most 10 texts and pictures to be judged.
type BatchContentModerationRequest struct {
	AuditName string
	Contents  []CheckedContent
}

// CheckedContent is one. ContentId is the caller's number of it. ContentType: Text, Image.
type CheckedContent struct {
	ContentId   int64
	ContentType string
	Content     string
}

// BatchContentModerationAnswer has a verdict for each.
type BatchContentModerationAnswer struct {
	Envelope
	AuditResults []AuditResult
}

// AuditResult is one verdict.
type AuditResult struct {
	ContentId Int
	ErrorCode Int
	ErrorInfo Str
	Result    Str
	Score     Int
	Label     Str
	SubLabel  Str
	Keywords  []Str
	RequestId Str
}

// BatchContentModeration judges texts and pictures. Codes: 2001 to 2004, 2015, 2016.
//
// Source: Tencent Cloud Chat REST API, batch_content_moderation.
func (a *API) BatchContentModeration(ctx context.Context, q *BatchContentModerationRequest) (*BatchContentModerationAnswer, error) {
	return call(ctx, a, batchContentModeration, q)
}

// DirtyWords are words of the older filter: at most 50 in all, of 200 bytes each.
type DirtyWords struct{ DirtyWordsList []string }

// DirtyWordsAnswer has all of them.
type DirtyWordsAnswer struct {
	Envelope
	DirtyWordsList []Str
}

// DirtyWordsGet lists the words of the older filter; its page is gone, and today's servers may not have it. Codes: 10002 to
// 10004, 10007.
//
// Source: Tencent Cloud Chat REST API, openim_dirty_words/get.
func (a *API) DirtyWordsGet(ctx context.Context, q *Empty) (*DirtyWordsAnswer, error) {
	return call(ctx, a, dirtyWordsGet, q)
}

// DirtyWordsAdd adds words to the older filter; they count after 5 minutes. Codes: 10002 to 10004, 10007.
//
// Source: Tencent Cloud Chat REST API, openim_dirty_words/add.
func (a *API) DirtyWordsAdd(ctx context.Context, q *DirtyWords) (*Done, error) {
	return call(ctx, a, dirtyWordsAdd, q)
}

// DirtyWordsDelete removes words from the older filter. Codes: 10002 to 10004, 10007.
//
// Source: Tencent Cloud Chat REST API, openim_dirty_words/delete.
func (a *API) DirtyWordsDelete(ctx context.Context, q *DirtyWords) (*Done, error) {
	return call(ctx, a, dirtyWordsDelete, q)
}
