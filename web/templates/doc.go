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
// Put a list into Selection; its rows get RowAttrs and a Tick. app.js then gives it one tab stop, j and
// k, x, Shift with arrows, Ctrl A, o, y, f (rows with data-flag) and the action bar. The bar's buttons ask for
// pages made of Sheet: beside the list with JavaScript, as a page of their own without. For such an
// address the handler renders SheetPage as the page and the Sheet alone as the part.
//
// The form of a Sheet is answered, for htmx, with Part for each region that changed and ToastPart; the
// sheet then closes. A refusal is 422 with the same Sheet, filled, and Error in its fields. Any other failure is
// its status with NoticeBox. Without htmx the answer is a redirect, or the SheetPage again.
//
// A list that scrolls by itself stands in .split > .col > .pane on a page with PageView.Fixed; .rail
// beside .col is the quiet side. More loads further rows; data-from-end on the pane begins at its end.
//
// # Keys
//
// A key is written once, in the Key of the ButtonView: it is printed on the button, named in
// aria-keyshortcuts, pressed by app.js and listed by "?". What removes a person is "Shift+K". In an action
// bar it works on the row one is at when nothing is ticked.
//
// # Hooks
//
// The policy forbids inline scripts and styles, so behaviour hangs on data- attributes that app.js looks
// for, listening on the document; what htmx swaps in works at once. The components set most of them.
// Those that a page may set itself:
//
//	data-flag          on a row: f stops here
//	data-unsaved       on a form: leaving the page with it changed asks first
//	data-from-end      on a pane: begins scrolled to its end
//	data-toggle-rail   on a button: shows or hides the rail, as i does
//	data-copy="…"      on a button: copies the text
//	data-why="…"       with aria-disabled="true": says why it is not offered (ButtonView.Why sets it)
//	hx-target="#sheet" on a link or button with hx-get: opens the answer as a sheet (SheetAttrs)
//
// # Styles
//
// web/static/css holds one file a subject, in cascade layers. A page adds its rules in a file of its own,
// 6x-page-NAME.css, inside @layer pages, and takes colours and sizes from the tokens only.
//
// # Tests
//
// Package golden compares markup with testdata; run with -update to rewrite. The tests of this package
// render a gallery of all components and run axe over it; -shots DIR keeps pictures.
package templates
