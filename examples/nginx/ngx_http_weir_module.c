/* SPDX-License-Identifier: BSD-2-Clause
 * The directives and variables; README.md describes them. */
#include "ngx_http_weir.h"

typedef struct {
  ngx_array_t tables; /* of ngx_http_weir_table_t *: one a path, whoever names it */
} ngx_http_weir_main_conf_t;

static int is_name(const u_char *text, size_t bytes)
{
  for (size_t i = 0; i < bytes; i++)
    if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
          (text[i] >= '0' && text[i] <= '9') || text[i] == '-' || text[i] == '_' ||
          text[i] == '.'))
      return 0;
  return bytes > 0 && bytes < WEIR_NAME_BYTES;
}

/* ---------------------------------------------------------------- directives */

static ngx_http_weir_table_t *named_table(ngx_conf_t *cf, const ngx_str_t *path)
{
  ngx_http_weir_main_conf_t *main = ngx_http_conf_get_module_main_conf(cf, ngx_http_weir_module);
  ngx_http_weir_table_t **known = main->tables.elts;
  for (ngx_uint_t i = 0; i < main->tables.nelts; i++)
    if (known[i]->path.len == path->len &&
        ngx_memcmp(known[i]->path.data, path->data, path->len) == 0)
      return known[i];
  ngx_http_weir_table_t **place = ngx_array_push(&main->tables);
  ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_http_weir_table_t));
  if (place == NULL || cleanup == NULL)
    return NULL;
  *place = cleanup->data;
  ngx_memzero(*place, sizeof(**place));
  (*place)->path = *path;
  cleanup->handler = ngx_http_weir_table_close;
  return *place;
}

static char *set_table(ngx_conf_t *cf, ngx_command_t *command, void *data)
{
  ngx_http_weir_conf_t *conf = data;
  ngx_str_t *words = cf->args->elts, path = words[1];
  (void)command;
  if (conf->table != NGX_CONF_UNSET_PTR)
    return "is duplicate";
  if (ngx_conf_full_name(cf->cycle, &path, 0) != NGX_OK)
    return NGX_CONF_ERROR;
  conf->table = named_table(cf, &path);
  return conf->table == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}

static char *set_policy(ngx_conf_t *cf, ngx_command_t *command, void *data)
{
  ngx_http_weir_conf_t *conf = data;
  ngx_str_t *words = cf->args->elts;
  (void)command;
  if (conf->policy.data != NULL)
    return "is duplicate";
  if (!is_name(words[1].data, words[1].len))
    return "needs a policy's name, or off";
  conf->policy = words[1];
  if (words[1].len == 3 && ngx_strncmp(words[1].data, "off", 3) == 0)
    conf->policy.len = 0;
  return NGX_CONF_OK;
}

static char *set_fail(ngx_conf_t *cf, ngx_command_t *command, void *data)
{
  ngx_http_weir_conf_t *conf = data;
  ngx_str_t *words = cf->args->elts;
  (void)command;
  if (conf->fails_open != NGX_CONF_UNSET)
    return "is duplicate";
  if (ngx_strcmp(words[1].data, "open") != 0 && ngx_strcmp(words[1].data, "closed") != 0)
    return "is open or closed";
  conf->fails_open = words[1].data[0] == 'o';
  return NGX_CONF_OK;
}

/* weir_key and weir_cost: NAME=VALUE …, and more of them in further lines. */
static char *set_words(ngx_conf_t *cf, ngx_command_t *command, void *data)
{
  ngx_array_t **list = (ngx_array_t **)((char *)data + command->offset);
  ngx_str_t *words = cf->args->elts;
  if (*list == NGX_CONF_UNSET_PTR)
    *list = ngx_array_create(cf->pool, 4, sizeof(ngx_http_weir_word_t));
  if (*list == NULL)
    return NGX_CONF_ERROR;
  for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
    u_char *sign = ngx_strlchr(words[i].data, words[i].data + words[i].len, '=');
    if (sign == NULL || !is_name(words[i].data, (size_t)(sign - words[i].data)))
      return "needs NAME=VALUE";
    ngx_str_t text = {(size_t)(words[i].data + words[i].len - sign - 1), sign + 1};
    ngx_http_weir_word_t *known = (*list)->elts;
    *sign = '\0';
    for (ngx_uint_t k = 0; k < (*list)->nelts; k++)
      if (ngx_strcmp(known[k].name, words[i].data) == 0)
        return "has a name twice";
    if ((*list)->nelts == NGX_HTTP_WEIR_WORDS_MAX)
      return "has more than 32 names";
    ngx_http_weir_word_t *word = ngx_array_push(*list);
    if (word == NULL)
      return NGX_CONF_ERROR;
    ngx_memzero(word, sizeof(*word));
    ngx_memcpy(word->name, words[i].data, (size_t)(sign - words[i].data) + 1);
    ngx_http_compile_complex_value_t compile = {
        .cf = cf, .value = &text, .complex_value = &word->value};
    if (text.len > 0 && ngx_http_compile_complex_value(&compile) != NGX_OK)
      return NGX_CONF_ERROR;
  }
  return NGX_CONF_OK;
}

static ngx_conf_num_bounds_t status_bounds = {ngx_conf_check_num_bounds, 400, 599};

#define ANYWHERE (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF)
#define FIELD(name) offsetof(ngx_http_weir_conf_t, name)

static ngx_command_t commands[] = {
    {ngx_string("weir_table"), ANYWHERE | NGX_CONF_TAKE1, set_table, NGX_HTTP_LOC_CONF_OFFSET, 0,
     NULL},
    {ngx_string("weir_policy"), ANYWHERE | NGX_CONF_TAKE1, set_policy, NGX_HTTP_LOC_CONF_OFFSET, 0,
     NULL},
    {ngx_string("weir_key"), ANYWHERE | NGX_CONF_1MORE, set_words, NGX_HTTP_LOC_CONF_OFFSET,
     FIELD(keys), NULL},
    {ngx_string("weir_cost"), ANYWHERE | NGX_CONF_1MORE, set_words, NGX_HTTP_LOC_CONF_OFFSET,
     FIELD(costs), NULL},
    {ngx_string("weir_dry_run"), ANYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, FIELD(dry_run), NULL},
    {ngx_string("weir_fail"), ANYWHERE | NGX_CONF_TAKE1, set_fail, NGX_HTTP_LOC_CONF_OFFSET, 0,
     NULL},
    {ngx_string("weir_status"), ANYWHERE | NGX_CONF_TAKE1, ngx_conf_set_num_slot,
     NGX_HTTP_LOC_CONF_OFFSET, FIELD(status), &status_bounds},
    ngx_null_command};

/* ----------------------------------------------------------------- variables */

enum { VERDICT, LIMIT, REMAINING, RETRY_AFTER };

static ngx_int_t get_variable(ngx_http_request_t *r, ngx_http_variable_value_t *value,
                              uintptr_t which)
{
  ngx_http_weir_ctx_t *ctx = ngx_http_weir_decided(r);
  u_char *text = ngx_pnalloc(r->pool, WEIR_NAME_BYTES), *end = text;
  if (text == NULL)
    return NGX_ERROR;
  if (ctx != NULL && which == VERDICT && ctx->word != NULL)
    end = ngx_sprintf(text, "%s", ctx->word);
  else if (ctx != NULL && ctx->decided && which == LIMIT)
    end = ngx_snprintf(text, WEIR_NAME_BYTES, "%s", ctx->verdict.limit);
  else if (ctx != NULL && ctx->decided && which == REMAINING &&
           ctx->verdict.remaining != UINT64_MAX)
    end = ngx_sprintf(text, "%uL", ctx->verdict.remaining);
  else if (ctx != NULL && ctx->decided && which == RETRY_AFTER)
    end += weir_http_retry_after(&ctx->verdict, (char *)text, WEIR_NAME_BYTES);
  value->data = text;
  value->len = (unsigned)(end - text) & 0xfffffff;
  value->valid = 1;
  value->no_cacheable = 1; /* asked for before the decision it is empty        */
  value->not_found = end == text;
  return NGX_OK;
}

static ngx_int_t add_variables(ngx_conf_t *cf)
{
  static const struct {
    ngx_str_t name;
    uintptr_t which;
  } known[] = {{ngx_string("weir_verdict"), VERDICT},
               {ngx_string("weir_limit"), LIMIT},
               {ngx_string("weir_remaining"), REMAINING},
               {ngx_string("weir_retry_after"), RETRY_AFTER}};
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
    ngx_str_t name = known[i].name;
    ngx_http_variable_t *variable = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
    if (variable == NULL)
      return NGX_ERROR;
    variable->get_handler = get_variable;
    variable->data = known[i].which;
  }
  return NGX_OK;
}

/* ------------------------------------------------------------- configuration */

static void *create_main_conf(ngx_conf_t *cf)
{
  ngx_http_weir_main_conf_t *conf = ngx_pcalloc(cf->pool, sizeof(*conf));
  if (conf == NULL ||
      ngx_array_init(&conf->tables, cf->pool, 2, sizeof(ngx_http_weir_table_t *)) != NGX_OK)
    return NULL;
  return conf;
}

static void *create_conf(ngx_conf_t *cf)
{
  ngx_http_weir_conf_t *conf = ngx_pcalloc(cf->pool, sizeof(*conf));
  if (conf == NULL)
    return NULL;
  conf->table = NGX_CONF_UNSET_PTR;
  conf->keys = conf->costs = NGX_CONF_UNSET_PTR;
  conf->dry_run = conf->fails_open = NGX_CONF_UNSET;
  conf->status = NGX_CONF_UNSET;
  return conf;
}

static char *merge_conf(ngx_conf_t *cf, void *parent_data, void *child_data)
{
  static const ngx_str_t standard = ngx_string(WEIR_DEFAULT_TABLE);
  ngx_http_weir_conf_t *parent = parent_data, *child = child_data;
  ngx_conf_merge_ptr_value(child->table, parent->table, NULL);
  ngx_conf_merge_ptr_value(child->keys, parent->keys, NULL);
  ngx_conf_merge_ptr_value(child->costs, parent->costs, NULL);
  ngx_conf_merge_value(child->dry_run, parent->dry_run, 0);
  ngx_conf_merge_value(child->fails_open, parent->fails_open, 0);
  ngx_conf_merge_value(child->status, parent->status, NGX_HTTP_TOO_MANY_REQUESTS);
  if (child->policy.data == NULL)
    child->policy = parent->policy;
  if (child->policy.len > 0 && child->table == NULL)
    child->table = named_table(cf, &standard);
  return child->policy.len > 0 && child->table == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}

/* Behind the access phase, not in it: there a module that is loaded runs before
 * auth_basic, and would charge whom a client only claims to be; and `satisfy any`
 * would pass it by. */
static ngx_int_t add_handler(ngx_conf_t *cf)
{
  ngx_http_core_main_conf_t *core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
  ngx_http_handler_pt *handler =
      ngx_array_push(&core->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
  if (handler == NULL)
    return NGX_ERROR;
  *handler = ngx_http_weir_handler;
  return NGX_OK;
}

static ngx_http_module_t context = {add_variables, add_handler, create_main_conf, NULL, NULL, NULL,
                                    create_conf,   merge_conf};

ngx_module_t ngx_http_weir_module = {
    NGX_MODULE_V1, &context, commands, NGX_HTTP_MODULE, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NGX_MODULE_V1_PADDING};
