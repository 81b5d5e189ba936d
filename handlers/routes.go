package handlers

import (
	"net/http"

	"imdesk/auth"
	"imdesk/web/static"

	"github.com/gin-gonic/gin"
)

// route is one line of the console's table: who may do what where. Nothing is served that is not in it.
type route struct {
	method string
	path   string
	verb   auth.Verb // what the operator must be allowed to; auth.VerbPublic for visitors
	handle func(*gin.Context) error
}

// routes is the whole console, by area. The role each line needs is auth's one table of verbs.
func (s *Server) routes() []route {
	var all []route
	for _, area := range [][]route{
		s.sessionRoutes(),
		s.homeRoutes(),
		s.groupRoutes(),
		s.directoryRoutes(),
		s.messageRoutes(),
		s.directRoutes(),
		s.memberRoutes(),
		s.detailsRoutes(),
		s.groupDataRoutes(),
		s.userRoutes(),
		s.whyRoutes(),
		s.sanctionRoutes(),
		s.operationsRoutes(),
		s.callbackRoutes(),
		s.fileRoutes(),
		s.keywordRoutes(),
		s.liveRoutes(),
		s.broadcastRoutes(),
		s.exportRoutes(),
		s.queueRoutes(),
		s.waveRoutes(),
		s.evidenceRoutes(),
		s.numberRoutes(),
		s.macroRoutes(),
		s.ruleRoutes(),
		s.heldRoutes(),
		s.jobRoutes(),
		s.protectedRoutes(),
		s.replicaRoutes(),
		s.searchRoutes(), s.searchDirectRoutes(),
		s.liveViewRoutes(),
		s.auditRoutes(),
		s.approvalRoutes(),
		s.apiRoutes(),
		s.settingsRoutes(),
		s.settingsAppRoutes(),
		s.dataRoutes(),
		s.securityRoutes(),
		s.confirmRoutes(),
		s.operatorRoutes(),
		s.roleRoutes(),
		s.tokenRoutes(),
		s.programRoutes(),
		s.healthRoutes(),
	} {
		all = append(all, area...)
	}
	return all
}

// mount puts the table on the engine. Middleware order is read here: what is first sees all the rest.
func (s *Server) mount(engine *gin.Engine) {
	engine.GET(static.Prefix+"*file", gin.WrapH(static.Handler()))
	engine.HEAD(static.Prefix+"*file", gin.WrapH(static.Handler()))

	gate := s.gate()
	engine.Use(plainParams, s.reference, s.recoverPanic, s.limitBody, s.deadline, gate.Load, s.locale)
	for _, r := range s.routes() {
		engine.Handle(r.method, r.path, gate.Require(r.verb), s.adapt(r.handle))
		if r.method == get {
			engine.HEAD(r.path, gate.Require(r.verb), s.adapt(r.handle))
		}
	}
	engine.NoRoute(s.adapt(func(*gin.Context) error { return errNoPage }))
	engine.NoMethod(s.adapt(func(*gin.Context) error { return errNoMethod }))
}

// Get and post are the methods of the table.
const (
	get  = http.MethodGet
	post = http.MethodPost
)
