/* SPDX-License-Identifier: BSD-2-Clause */
#include "ngx_http_weir.h"

/* Never does anything: a cleanup of this handler is where a request keeps what was
 * decided for it.  Its module context does not do, an internal redirect clears it. */
static void remember(void *data)
{
  (void)data;
}

ngx_http_weir_ctx_t *ngx_http_weir_decided(ngx_http_request_t *r)
{
  ngx_pool_cleanup_t *cleanup;
  ngx_http_weir_ctx_t *ctx = ngx_http_get_module_ctx(r->main, ngx_http_weir_module);
  if (ctx != NULL)
    return ctx;
  for (cleanup = r->main->pool->cleanup; cleanup != NULL; cleanup = cleanup->next)
    if (cleanup->handler == remember)
      return cleanup->data;
  return NULL;
}

static ngx_http_weir_ctx_t *new_decision(ngx_http_request_t *r)
{
  ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_weir_ctx_t));
  if (cleanup == NULL)
    return NULL;
  cleanup->handler = remember;
  ngx_memzero(cleanup->data, sizeof(ngx_http_weir_ctx_t));
  ngx_http_set_ctx(r, cleanup->data, ngx_http_weir_module);
  return cleanup->data;
}

/* An empty value is no attribute: nginx's variables are empty where there is nothing. */
static ngx_int_t fill_attributes(ngx_http_request_t *r, ngx_array_t *keys,
                                 struct weir_attribute *attributes, struct weir_request *request)
{
  ngx_http_weir_word_t *words = keys->elts;
  for (ngx_uint_t i = 0; i < keys->nelts; i++) {
    ngx_str_t value;
    if (ngx_http_complex_value(r, &words[i].value, &value) != NGX_OK)
      return NGX_ERROR;
    if (value.len > 0)
      attributes[request->attribute_count++] =
          (struct weir_attribute){words[i].name, value.data, value.len};
  }
  return NGX_OK;
}

static const char *fill_costs(ngx_http_request_t *r, ngx_array_t *words_given,
                              struct weir_cost *costs, struct weir_request *request)
{
  ngx_http_weir_word_t *words = words_given->elts;
  for (ngx_uint_t i = 0; i < words_given->nelts; i++) {
    ngx_str_t value;
    uint64_t count = 0;
    if (ngx_http_complex_value(r, &words[i].value, &value) != NGX_OK)
      return "no memory";
    for (size_t at = 0; at < value.len; at++)
      if (value.data[at] < '0' || value.data[at] > '9' ||
          __builtin_mul_overflow(count, 10u, &count) ||
          __builtin_add_overflow(count, (uint64_t)(value.data[at] - '0'), &count))
        return "a cost is not a number, or too large";
    costs[request->cost_count++] = (struct weir_cost){words[i].name, count};
  }
  return NULL;
}

static ngx_int_t add_retry_after(ngx_http_request_t *r, const struct weir_verdict *verdict)
{
  u_char *seconds = ngx_pnalloc(r->pool, NGX_INT64_LEN);
  if (seconds == NULL)
    return NGX_ERROR;
  int bytes = weir_http_retry_after(verdict, (char *)seconds, NGX_INT64_LEN);
  if (bytes <= 0)
    return NGX_OK;
  ngx_table_elt_t *header = ngx_list_push(&r->headers_out.headers);
  if (header == NULL)
    return NGX_ERROR;
  ngx_memzero(header, sizeof(*header));
  header->hash = 1;
  ngx_str_set(&header->key, "Retry-After");
  header->value.data = seconds;
  header->value.len = (size_t)bytes;
  return NGX_OK;
}

static ngx_int_t cannot_decide(ngx_http_request_t *r, const ngx_http_weir_conf_t *conf,
                               ngx_http_weir_ctx_t *ctx, const char *why)
{
  int passes = conf->fails_open || conf->dry_run;
  ctx->word = "error";
  if (conf->table->logged_at != ngx_time()) { /* a flood of requests is none of lines */
    conf->table->logged_at = ngx_time();
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "weir: cannot decide by policy %V of table %V: %s; %s", &conf->policy,
                  &conf->table->path, why, passes ? "let through" : "refused");
  }
  return passes ? NGX_DECLINED : NGX_HTTP_SERVICE_UNAVAILABLE;
}

static ngx_int_t refuse(ngx_http_request_t *r, const ngx_http_weir_conf_t *conf,
                        ngx_http_weir_ctx_t *ctx)
{
  int blocked = ctx->verdict.outcome == WEIR_BLOCK;
  ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, "weir: limit %s of policy %V%s",
                ctx->verdict.limit, &conf->policy, conf->dry_run ? ", dry run" : "");
  if (conf->dry_run) {
    ctx->word = blocked ? "block-dry-run" : "deny-dry-run";
    return NGX_DECLINED;
  }
  ctx->word = blocked ? "block" : "deny";
  if (blocked)
    return NGX_HTTP_FORBIDDEN;
  return add_retry_after(r, &ctx->verdict) == NGX_OK ? conf->status
                                                     : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

/* Once a request: not for its subrequests, and not again behind an internal redirect,
 * such as index, try_files, error_page or X-Accel-Redirect. */
ngx_int_t ngx_http_weir_handler(ngx_http_request_t *r)
{
  ngx_http_weir_conf_t *conf = ngx_http_get_module_loc_conf(r, ngx_http_weir_module);
  if (conf->policy.len == 0 || r != r->main || ngx_http_weir_decided(r) != NULL)
    return NGX_DECLINED;
  ngx_http_weir_ctx_t *ctx = new_decision(r);
  if (ctx == NULL)
    return NGX_HTTP_INTERNAL_SERVER_ERROR;

  struct weir_attribute attributes[NGX_HTTP_WEIR_WORDS_MAX];
  struct weir_cost costs[NGX_HTTP_WEIR_WORDS_MAX];
  struct weir_request request = {.size_bytes = sizeof(request)};
  const char *why = NULL;
  request.policy = (const char *)conf->policy.data;
  request.attributes = attributes;
  request.costs = costs;
  if (conf->keys != NULL && fill_attributes(r, conf->keys, attributes, &request) != NGX_OK)
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  if (conf->costs != NULL)
    why = fill_costs(r, conf->costs, costs, &request);
  if (why != NULL || ngx_http_weir_table_take(conf->table, &request, &ctx->verdict, &why) != WEIR_OK)
    return cannot_decide(r, conf, ctx, why);
  ctx->decided = 1;
  ctx->word = "allow";
  return ctx->verdict.outcome == WEIR_ALLOW ? NGX_DECLINED : refuse(r, conf, ctx);
}
