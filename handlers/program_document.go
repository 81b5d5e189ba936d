package handlers

import (
	"context"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/web/i18n"

	"github.com/gin-gonic/gin"
)

// programDocument describes the JSON API as OpenAPI 3.1, made from its table.
func (s *Server) programDocument(c *gin.Context) error {
	return writeJSON(c, http.StatusOK, openAPI(s.Version))
}

type object = map[string]any

var pathParameter = regexp.MustCompile(`:(\w+)`)

// openAPI is the document. Its texts are English, as programs' documents are.
func openAPI(version string) object {
	say := func(key string) string {
		return i18n.T(i18n.With(context.Background(), i18n.Locale{Lang: i18n.English}), key)
	}
	shapes := object{}
	paths := object{}
	for _, r := range programTable {
		path := pathParameter.ReplaceAllString(strings.TrimPrefix(r.path, strings.TrimSuffix(programPrefix, "/")), "{$1}")
		var parameters []object
		for _, m := range pathParameter.FindAllStringSubmatch(r.path, -1) {
			parameters = append(parameters, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
		}
		for _, name := range r.query {
			kind := object{"type": "string"}
			if name == "limit" {
				kind = object{"type": "integer", "minimum": 1, "maximum": programPage}
			}
			parameters = append(parameters, object{"name": name, "in": "query", "schema": kind})
		}
		least, _ := auth.Least(r.verb)
		//i18n:uses program.op.*
		one := object{
			"operationId": r.op, "summary": say("program.op." + r.op), "x-right": string(r.verb), "x-least-role": string(least),
			"responses": object{
				"200":     object{"description": say("program.ok"), "content": object{"application/json": object{"schema": schemaOf(reflect.TypeOf(r.out), shapes)}}},
				"default": object{"description": say("program.failed"), "content": object{"application/json": object{"schema": schemaOf(reflect.TypeFor[programError](), shapes)}}},
			},
		}
		if r.method == post {
			parameters = append(parameters, object{
				"name": "Idempotency-Key", "in": "header", "description": say("program.key"), "schema": object{"type": "string", "maxLength": maxIdempotencyKey},
			})
		}
		if len(parameters) > 0 {
			one["parameters"] = parameters
		}
		if r.in != nil {
			one["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": schemaOf(reflect.TypeOf(r.in), shapes)}}}
		}
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path].(object)[strings.ToLower(r.method)] = one
	}
	return object{
		"openapi": "3.1.0",
		"info":    object{"title": "imdesk", "version": version, "description": say("program.about")},
		"servers": []object{{"url": strings.TrimSuffix(programPrefix, "/")}},
		"paths":   paths,
		"components": object{
			"schemas":         shapes,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}},
		},
		"security": []object{{"token": []string{}}},
	}
}

// schemaOf is the schema of a type; structs with names go to shapes.
func schemaOf(t reflect.Type, shapes object) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		return schemaOf(t.Elem(), shapes)
	case t.Kind() == reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem(), shapes)}
	case t.Kind() == reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem(), shapes)}
	case t.Kind() == reflect.Bool:
		return object{"type": "boolean"}
	case t.Kind() == reflect.Float64:
		return object{"type": "number"}
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return object{"type": "integer"}
	case t.Kind() == reflect.Struct:
		return structShape(t, shapes)
	}
	return object{"type": "string"}
}

func structShape(t reflect.Type, shapes object) object {
	properties := object{}
	if t.Name() != "" {
		if shapes[t.Name()] == nil {
			shapes[t.Name()] = object{"type": "object", "additionalProperties": false, "properties": properties}
			fieldShapes(t, properties, shapes)
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	}
	fieldShapes(t, properties, shapes)
	return object{"type": "object", "properties": properties}
}

func fieldShapes(t reflect.Type, properties, shapes object) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			fieldShapes(f.Type, properties, shapes)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		properties[name] = schemaOf(f.Type, shapes)
	}
}
