// Package templates draws the console's pages.
//
// # Adding a page
//
// A page is three things in one file, NAME.templ: its view model, the page, and the part that htmx
// swaps. The handler fills the view model; the template only prints.
//
//	// GroupsView is one page of an app's groups, ready to print.
//	type GroupsView struct {
//		Rows []GroupRow
//		Next string // address of the next page, "" on the last
//	}
//
//	templ GroupsPage(c Chrome, v GroupsView) {
//		@Layout(c, PageView{Title: i18n.T(ctx, "groups.title")}) {
//			@PageHead(HeadView{Title: i18n.T(ctx, "groups.title")})
//			@GroupsTable(v)
//		}
//	}
//
//	templ GroupsTable(v GroupsView) {
//		<section id="groups">
//			@Table(TableView{...}) { ... }
//			@Pager(PagerView{Next: v.Next, Target: "#groups"})
//		</section>
//	}
//
// The handler calls render(c, status, GroupsPage(chrome, v), GroupsTable(v)): htmx gets the part, everybody
// else the page, from one address. A part owns the id it is swapped by. Several parts of one answer
// are wrapped in Part, and a toast in ToastPart.
//
// # Texts
//
// Words come from web/i18n by key: i18n.T and i18n.N give strings, Sentence and SentenceN put components
// (Name, NameLink, Countdown, Ago) into a sentence. Add keys to en/AREA.toml and zh/AREA.toml, where
// AREA is the first word of the key. Names of people and groups go through Name, Person or EntityHead,
// which isolate their direction; text that a user wrote gets dir="auto". Never templ.Raw.
//
// # Lists
//
// Put a list into Selection, its rows get RowAttrs and a Tick. app.js then gives it one tab stop, j and
// k, x, Shift with arrows, Ctrl A, o, y and the action bar. The bar's buttons ask for pages made of
// Sheet: beside the list with JavaScript, as a page of their own without. A handler renders such a page
// with SheetPage and the part with the sheet alone.
//
// # Keys
//
// A key is written once, in the Key of the ButtonView: it is printed on the button, named in
// aria-keyshortcuts, pressed by app.js and listed by "?". What removes a person is "Shift+K".
//
// # Hooks
//
// The policy forbids inline scripts and styles, so behaviour hangs on data- attributes that app.js looks
// for, listening on the document; what htmx swaps in works at once. Each hook is described where app.js
// handles it (web/static/js).
package templates
