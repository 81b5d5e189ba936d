package handlers

// memberRoutes are the pages of who is in a group, who may not speak in it and who may not come in.
func (s *Server) memberRoutes() []route {
	return nil
}
