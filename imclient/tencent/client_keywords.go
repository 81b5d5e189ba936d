package tencent

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
)

type keywordsArea struct{ *client }

// Libraries of the cloud are named "cloud:ID". The filter inside the app has two lists, under names of our own.
const (
	cloudPrefix    = "cloud:"
	libraryReplace = "replace"
	libraryBlock   = "block"
)

// filterTypes are the lists of the filter inside the app.
var filterTypes = map[string]int{libraryReplace: WordReplace, libraryBlock: WordBlock}

// Libraries returns one page of the cloud's libraries; behind the last one stand the two lists of the filter inside the app.
func (k keywordsArea) Libraries(ctx context.Context, cursor string, limit int) (imclient.Page[imclient.KeywordLibrary], error) {
	ctx = withOp(ctx, "keywords.libraries")
	page := imclient.Page[imclient.KeywordLibrary]{Total: -1}
	limit, err := pageSize(ctx, limit, maxWordPage)
	if err != nil {
		return page, err
	}
	at, err := offset(ctx, cursor)
	if err != nil {
		return page, err
	}
	r, err := k.api.GetCloudAuditKeywordsIDs(ctx, &KeywordLibrariesRequest{SdkAppId: k.appID(), Offset: at, Limit: limit})
	switch {
	case err != nil && !errors.Is(err, imclient.ErrUnsupported):
		return page, err
	case err != nil: // the app has no cloud moderation
		r = &KeywordLibrariesAnswer{}
	}
	for _, l := range r.Infos {
		page.Items = append(page.Items, imclient.KeywordLibrary{
			ID: cloudPrefix + string(l.ID), Name: string(l.LibName), Description: string(l.Describe), Kind: imclient.KeywordsCloud,
			Action: string(l.Suggestion), Created: chinaMoment(l.CreateTime),
		})
	}
	if next := at + len(r.Infos); len(r.Infos) > 0 && next < int(r.TotalCount) {
		page.Next = strconv.Itoa(next)
		return page, nil
	}
	page.Items = append(page.Items,
		imclient.KeywordLibrary{ID: libraryReplace, Kind: imclient.KeywordsReplace}, imclient.KeywordLibrary{ID: libraryBlock, Kind: imclient.KeywordsBlock})
	return page, nil
}

func (c *client) appID() int64 { return c.api.sign.appID }

// chinaMoment reads a time as the service writes it; the zero time if it is none.
func chinaMoment(s Str) time.Time {
	t, err := time.ParseInLocation(time.DateTime, strings.TrimSpace(string(s)), chinaTime)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// List returns one page of a library's words.
func (k keywordsArea) List(ctx context.Context, library, find, cursor string, limit int) (imclient.Page[imclient.Keyword], error) {
	ctx = withOp(ctx, "keywords.list")
	page := imclient.Page[imclient.Keyword]{Total: -1}
	limit, err := pageSize(ctx, limit, maxWordPage)
	if err != nil {
		return page, err
	}
	at, err := offset(ctx, cursor)
	if err != nil {
		return page, err
	}
	if filter, local := filterTypes[library]; local {
		return k.listLocal(ctx, filter, find, at, limit)
	}
	id, err := cloudLibrary(ctx, library)
	if err != nil {
		return page, err
	}
	r, err := k.api.GetCloudAuditKeywords(ctx, &CloudKeywordsRequest{SdkAppId: k.appID(), LibID: id, Offset: at, Limit: limit, Content: find})
	if err != nil {
		return page, err
	}
	page.Total = int(r.TotalCount)
	for _, w := range r.Infos {
		page.Items = append(page.Items, imclient.Keyword{ID: string(w.Content), Text: string(w.Content), Created: chinaMoment(w.CreateTime)})
	}
	if next := at + len(r.Infos); len(r.Infos) > 0 && next < page.Total {
		page.Next = strconv.Itoa(next)
	}
	return page, nil
}

func cloudLibrary(ctx context.Context, library string) (string, error) {
	id, ok := strings.CutPrefix(library, cloudPrefix)
	if !ok || id == "" {
		return "", refuse(ctx, imclient.ErrNotFound, "%.60q is not a library", library)
	}
	return id, nil
}

// listLocal returns one page of a list of the filter inside the app. Its totals are not those of a question; a full page may
// have one behind it.
func (k keywordsArea) listLocal(ctx context.Context, filter int, find string, at, limit int) (imclient.Page[imclient.Keyword], error) {
	page := imclient.Page[imclient.Keyword]{Total: -1}
	r, err := k.api.GetLocalAuditKeywords(ctx, &LocalKeywordsRequest{SdkAppId: k.appID(), FilterType: filter, Offset: at, Limit: limit, Keyword: find})
	if err != nil {
		return page, err
	}
	for _, w := range r.LocalAuditWords {
		page.Items = append(page.Items, imclient.Keyword{
			ID: localID(int(w.WordType), string(w.Keyword)), Text: string(w.Keyword), Pattern: w.WordType == WordPattern,
			Replacement: string(w.ReplacedContent), Created: chinaMoment(w.UpdateTime),
		})
	}
	if len(r.LocalAuditWords) >= limit {
		page.Next = strconv.Itoa(at + len(r.LocalAuditWords))
	}
	return page, nil
}

// localID names a word of the filter inside the app, which tells words apart by text and type: "TYPE:TEXT".
func localID(typ int, text string) string { return strconv.Itoa(typ) + ":" + text }

func wordType(pattern bool) int {
	if pattern {
		return WordPattern
	}
	return WordPlain
}

// Add adds words to a library.
func (k keywordsArea) Add(ctx context.Context, library string, words []imclient.NewKeyword) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "keywords.add")
	text := func(w imclient.NewKeyword) string { return w.Text }
	if filter, local := filterTypes[library]; local {
		return inBatches(ctx, words, maxLocalWords, text, func(batch []imclient.NewKeyword) ([]imclient.Refused, error) {
			q := &AddLocalKeywordsRequest{SdkAppId: k.appID()}
			for _, w := range batch {
				word := LocalKeyword{Keyword: w.Text, WordType: wordType(w.Pattern), FilterType: filter}
				if filter == WordReplace {
					word.ReplacedContent = w.Replacement
				}
				q.LocalAuditWords = append(q.LocalAuditWords, word)
			}
			_, err := k.api.AddLocalAuditKeywords(ctx, q)
			return nil, err
		})
	}
	id, err := cloudLibrary(ctx, library)
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		if w.Pattern || w.Replacement != "" {
			return nil, refuse(ctx, imclient.ErrUnsupported, "libraries of the cloud have plain words")
		}
	}
	return inBatches(ctx, words, maxWordsAdd, text, func(batch []imclient.NewKeyword) ([]imclient.Refused, error) {
		q := &AddCloudKeywordsRequest{SdkAppId: k.appID(), LibID: id}
		for _, w := range batch {
			q.UserKeywords = append(q.UserKeywords, LabelledKeyword{w.Text, w.Label})
		}
		_, err := k.api.AddCloudAuditKeywords(ctx, q)
		return nil, err
	})
}

// Remove removes words from a library.
func (k keywordsArea) Remove(ctx context.Context, library string, ids []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "keywords.remove")
	if _, local := filterTypes[library]; local {
		return k.removeLocal(ctx, ids)
	}
	id, err := cloudLibrary(ctx, library)
	if err != nil {
		return nil, err
	}
	return inBatches(ctx, ids, maxWordsDelete, same, func(batch []string) ([]imclient.Refused, error) {
		r, err := k.api.DeleteCloudAuditKeywords(ctx, &DeleteCloudKeywordsRequest{SdkAppId: k.appID(), LibID: id, Keywords: batch})
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, d := range r.Details {
			if d.Deleted == 0 {
				e := ownError(ctx, deleteCloudAuditKeywords.Command, codeMissing)
				e.Detail, e.RequestID = string(d.ErrorInfo), string(r.RequestId)
				refused = append(refused, imclient.Refused{ID: string(d.Keyword), Err: e})
			}
		}
		return refused, nil
	})
}

func (k keywordsArea) removeLocal(ctx context.Context, ids []string) ([]imclient.Refused, error) {
	for _, id := range ids {
		if typ, text, ok := strings.Cut(id, ":"); !ok || text == "" || typ != "1" && typ != "2" {
			return nil, refuse(ctx, imclient.ErrInvalid, "%.40q is not a word of the filter", id)
		}
	}
	return inBatches(ctx, ids, maxLocalWords, same, func(batch []string) ([]imclient.Refused, error) {
		q := &DeleteLocalKeywordsRequest{SdkAppId: k.appID()}
		for _, id := range batch {
			typ, text, _ := strings.Cut(id, ":")
			q.LocalAuditWords = append(q.LocalAuditWords, LocalKeyword{Keyword: text, WordType: wordType(typ == "2")})
		}
		_, err := k.api.DeleteLocalAuditKeywords(ctx, q)
		return nil, err
	})
}
