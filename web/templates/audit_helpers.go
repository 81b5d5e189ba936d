package templates

import (
	"context"

	"imdesk/web/i18n"
)

func auditColumns(ctx context.Context, v AuditView) []Column {
	columns := []Column{{Text: i18n.T(ctx, "audit.time"), Class: "fit", Sorted: "descending"}}
	if !v.Hide["operator"] {
		columns = append(columns, Column{Text: i18n.T(ctx, "audit.operator"), Class: "p2"})
	}
	return append(columns,
		Column{Text: i18n.T(ctx, "audit.action")},
		Column{Text: i18n.T(ctx, "audit.on"), Class: "p2"},
		Column{Text: i18n.T(ctx, "audit.result"), Class: "fit"},
		Column{Text: i18n.T(ctx, "audit.entry"), Class: "fit p3"},
		Column{Text: i18n.T(ctx, "audit.details"), Class: "fit", Hidden: true},
	)
}

func auditEmpty(ctx context.Context, v AuditView) EmptyView {
	if v.Filtered {
		return EmptyView{
			Icon: "filter", Title: i18n.T(ctx, "audit.none_filtered"),
			Action: &ButtonView{Text: i18n.T(ctx, "audit.clear_filters"), URL: v.ClearURL},
		}
	}
	return EmptyView{Icon: "audit", Title: i18n.T(ctx, "audit.none"), Text: i18n.T(ctx, "audit.none_text")}
}

// auditRange says which entries are shown, by their numbers.
func auditRange(ctx context.Context, v AuditView) string {
	return i18n.T(ctx, "audit.range", "from", v.Rows[0].ID, "to", v.Rows[len(v.Rows)-1].ID)
}

// auditToggle opens a closed entry and closes an open one.
func auditToggle(r AuditRow) string {
	if r.Open {
		return r.CloseURL
	}
	return r.OpenURL
}
