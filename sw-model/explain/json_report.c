/* SPDX-License-Identifier: Apache-2.0 */
/* The reports in JSON. docs/iommu-explain.md documents the keys. */
#include "json.h"

static void json_fields(struct json *json, enum layout_id id, const uint64_t *words, unsigned word,
                        const struct layout_context *context)
{
    const struct layout *layout = layout_get(id);

    json_object(json, "fields");
    for (uint8_t i = 0; i < layout->fields; i++) {
        const struct field *field = &layout->field[i];
        if (field->word != word)
            continue;
        uint64_t value = field_value(field, words);
        const char *name = field_value_name(field, value, context);
        json_object(json, field->name);
        json_hex(json, "value", value);
        if (name != NULL)
            json_string(json, "text", name);
        if (field->kind == FIELD_ADDRESS || field->kind == FIELD_POINTER)
            json_hex(json, "address", field_address(field, value));
        json_end_object(json);
    }
    json_end_object(json);
}

void json_words(struct json *json, enum layout_id id, const uint64_t *words, unsigned count,
                const struct layout_context *context)
{
    for (unsigned word = 0; word < count; word++) {
        const char *name = layout_get(id)->word_name[word];
        json_object(json, NULL);
        if (name != NULL)
            json_string(json, "name", name);
        json_hex(json, "value", words[word]);
        json_hex(json, "reserved_set", layout_reserved_bits(id, words, word, context));
        json_fields(json, id, words, word, context);
        json_end_object(json);
    }
}

void json_notes(struct json *json, const struct notes *notes)
{
    json_array(json, "notes");
    for (unsigned i = 0; i < notes->count; i++)
        json_string(json, NULL, notes->text[i]);
    json_end_array(json);
}

static void json_images(struct json *json, const struct machine *machine)
{
    json_array(json, "images");
    for (size_t i = 0; i < machine->memory.images; i++) {
        const struct image *image = &machine->memory.image[i];
        json_object(json, NULL);
        json_string(json, "file", image->source.name);
        json_string(json, "format", image->format);
        json_array(json, "ranges");
        for (size_t j = 0; j < image->ranges; j++) {
            json_object(json, NULL);
            json_hex(json, "first", image->range[j].address);
            json_hex(json, "last", image->range[j].last);
            json_end_object(json);
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

void json_machine(struct json *json, const struct machine *machine)
{
    struct register_name name;
    struct layout_context context = machine_context(machine);

    json_object(json, "configuration");
    json_string(json, "name", machine->config_name);
    json_bool(json, "capabilities_given", machine->capabilities_given);
    json_hex(json, "capabilities", machine->config.capabilities);
    json_hex(json, "fctl", machine->fctl);
    json_hex(json, "ddtp", machine->ddtp);
    json_end_object(json);
    json_images(json, machine);
    json_array(json, "registers");
    for (unsigned i = 0; registers_name(i, &name); i++) {
        uint64_t value;
        enum layout_id layout = layout_of_register(name.offset);
        if (!registers_get(&machine->registers, name.offset, &value))
            continue;
        json_object(json, NULL);
        json_string(json, "name", name.name);
        json_hex(json, "offset", name.offset);
        json_hex(json, "value", value);
        if (layout != LAYOUTS) {
            json_hex(json, "reserved_set", layout_reserved_bits(layout, &value, 0, &context));
            json_fields(json, layout, &value, 0, &context);
        }
        json_end_object(json);
    }
    json_end_array(json);
}

/* ---- a walk */

static void json_request(struct json *json, const struct iommu_request *request)
{
    static const char *const types[] = {"untranslated", "translated", "ats"};
    static const char *const accesses[] = {"r", "w", "x"};

    json_object(json, "request");
    json_hex(json, "device_id", request->device_id);
    json_string(json, "device", device_name(request->device_id).text);
    if (request->process_id_valid)
        json_hex(json, "process_id", request->process_id);
    else
        json_null(json, "process_id");
    json_hex(json, "address", request->iova);
    json_string(json, "type", types[request->type % 3]);
    json_string(json, "access", accesses[request->access % 3]);
    json_bool(json, "execute_requested", request->execute);
    json_bool(json, "privileged", request->privileged);
    json_number(json, "length", request->length);
    json_end_object(json);
}

static const char *step_name(enum iommu_step_kind kind)
{
    switch (kind) {
    case IOMMU_STEP_DDTE:
        return "DDTE";
    case IOMMU_STEP_DC:
        return "DC";
    case IOMMU_STEP_PDTE:
        return "PDTE";
    case IOMMU_STEP_PC:
        return "PC";
    case IOMMU_STEP_PTE1:
        return "PTE1";
    case IOMMU_STEP_PTE2:
        return "PTE2";
    case IOMMU_STEP_MSI_PTE:
        return "MSI_PTE";
    case IOMMU_STEP_UPDATE:
        return "UPDATE";
    case IOMMU_STEP_CACHED:
        return "CACHED";
    case IOMMU_STEP_RULE:
        return "RULE";
    }
    return "?";
}

static void json_step(struct json *json, const struct walk_step *step)
{
    const struct iommu_step *iommu = &step->iommu;
    bool read = iommu->memory == IOMMU_MEM_OK && step->layout != LAYOUTS;

    json_object(json, NULL);
    json_string(json, "kind", step_name(iommu->kind));
    json_string(json, "rule", iommu->rule == IOMMU_RULE_NONE ? "" : iommu_rule_name(iommu->rule));
    json_hex(json, "input", iommu->input);
    if (step->layout != LAYOUTS) {
        json_number(json, "level", iommu->level);
        json_bool(json, "implicit", iommu->implicit);
        json_bool(json, "leaf", iommu->leaf);
        json_hex(json, "address", iommu->address);
        json_bool(json, "readable", read);
        if (step->in_no_image)
            json_hex(json, "in_no_image", step->missing);
    }
    if (read) {
        json_array(json, "words");
        json_words(json, step->layout, iommu->value, iommu->words, &step->context);
        json_end_array(json);
    }
    json_end_object(json);
}

static void json_response(struct json *json, const struct iommu_response *response, bool ats)
{
    static const char *const targets[] = {"memory", "msi", "mrif"};
    static const char *const statuses[] = {"success", "abort", "unsupported_request",
                                           "completer_abort", "bad_request"};
    static const char *const types[] = {"PMA", "NC", "IO", "reserved"};

    json_object(json, "response");
    json_string(json, "status", statuses[response->status % 5]);
    json_number(json, "cause", response->cause);
    json_string(json, "cause_text", response->cause != 0 ? iommu_cause_text(response->cause) : "");
    json_hex(json, "iotval2", response->iotval2);
    json_hex(json, "address", response->address);
    json_number(json, "page_log2", response->page_log2);
    json_bool(json, "readable", (response->permissions & IOMMU_PERM_R) != 0);
    json_bool(json, "writable", (response->permissions & IOMMU_PERM_W) != 0);
    json_bool(json, "executable", (response->permissions & IOMMU_PERM_X) != 0);
    json_string(json, "memory_type", types[response->pbmt & 3]);
    json_string(json, "target", targets[response->target % 3]);
    if (response->target == IOMMU_TARGET_MRIF) {
        json_hex(json, "notice_address", response->notice_address);
        json_number(json, "notice_data", response->nid);
    }
    json_number(json, "rcid", response->rcid);
    json_number(json, "mcid", response->mcid);
    if (ats) {
        json_object(json, "ats");
        json_bool(json, "priv", (response->ats & IOMMU_ATS_PRIV) != 0);
        json_bool(json, "global", (response->ats & IOMMU_ATS_GLOBAL) != 0);
        json_bool(json, "cxl_io", (response->ats & IOMMU_ATS_CXL_IO) != 0);
        json_bool(json, "u", (response->ats & IOMMU_ATS_U) != 0);
        json_bool(json, "s", (response->ats & IOMMU_ATS_S) != 0);
        json_end_object(json);
    }
    json_end_object(json);
}

static void json_reasons(struct json *json, const struct verdict *verdict)
{
    static const char *const verdicts[] = {"translated", "denied", "fault", "bad_request"};

    json_string(json, "verdict", verdicts[verdict->kind]);
    json_string(json, "headline", verdict->headline);
    if (verdict->rule == IOMMU_RULE_NONE) {
        json_null(json, "rule");
    } else {
        json_object(json, "rule");
        json_string(json, "name", iommu_rule_name(verdict->rule));
        json_string(json, "section", iommu_rule_section(verdict->rule));
        json_string(json, "text", iommu_rule_text(verdict->rule));
        json_end_object(json);
    }
    json_string(json, "where", verdict->where);
    json_array(json, "details");
    for (unsigned i = 0; i < verdict->details; i++)
        json_string(json, NULL, verdict->detail[i]);
    json_end_array(json);
    json_string(json, "advice", verdict->advice);
}

void json_walk(struct json *json, const struct machine *machine, const struct walk *walk,
               const struct verdict *verdict)
{
    struct layout_context context = machine_context(machine);

    json_object(json, NULL);
    json_request(json, &walk->request.iommu);
    json_reasons(json, verdict);
    json_response(json, &walk->response, walk->request.iommu.type == IOMMU_ATS_TRANSLATION);
    json_array(json, "steps");
    for (size_t i = 0; i < walk->steps; i++)
        json_step(json, &walk->step[i]);
    json_end_array(json);
    if (walk->request.replayed)
        json_number(json, "recorded_cause", walk->request.recorded_cause);
    else
        json_null(json, "recorded_cause");
    json_string(json, "replay_note", verdict->replay);
    json_string(json, "fault_record_note", verdict->record);
    if (walk->recorded) {
        json_array(json, "fault_record");
        json_words(json, LAYOUT_FQ, walk->record, 4, &context);
        json_end_array(json);
    } else {
        json_null(json, "fault_record");
    }
    json_end_object(json);
}

/* ---- queues and directory */

static void json_queue(struct json *json, struct machine *machine, enum queue_id id, uint64_t limit)
{
    struct layout_context context = machine_context(machine);
    struct queue_view view;
    struct queue_remarks remarks;

    queue_view(machine, id, &view);
    json_object(json, NULL);
    json_string(json, "name", view.prefix);
    json_bool(json, "given", view.given);
    json_hex(json, "address", view.given ? view.address : 0);
    json_number(json, "entries", view.given ? view.entries : 0);
    json_number(json, "head", view.head);
    json_number(json, "tail", view.tail);
    json_number(json, "waiting", view.waiting);
    remarks.count = 0;
    if (view.given)
        queue_state_remarks(&view, &remarks);
    json_array(json, "remarks");
    for (unsigned i = 0; i < remarks.count; i++)
        json_string(json, NULL, remarks.text[i]);
    json_end_array(json);
    json_array(json, "contents");
    for (uint64_t i = 0; i < view.waiting && i < limit; i++) {
        uint64_t words[LAYOUT_WORDS];
        uint64_t address;
        bool read = queue_entry(machine, &view, i, &address, words);
        const char *command = id == QUEUE_COMMAND ? layout_command_name(words) : NULL;
        json_object(json, NULL);
        json_number(json, "index", (view.head + i) & (view.entries - 1));
        json_hex(json, "address", address);
        json_bool(json, "readable", read);
        if (read && id == QUEUE_COMMAND)
            json_string(json, "command", command != NULL ? command : "");
        if (read) {
            json_string(json, "remark", queue_entry_remark(machine, id, words));
            json_array(json, "words");
            json_words(json, queue_layout(id, words), words, view.entry_words, &context);
            json_end_array(json);
        }
        json_end_object(json);
        if (!read)
            break;
    }
    json_end_array(json);
    json_end_object(json);
}

void json_queues(struct json *json, struct machine *machine, uint64_t limit)
{
    json_array(json, "queues");
    for (unsigned id = 0; id < QUEUES; id++)
        json_queue(json, machine, (enum queue_id)id, limit);
    json_end_array(json);
}

void json_context(struct json *json, const struct machine *machine, const struct ddt_found *found)
{
    struct layout_context context = machine_context(machine);

    json_object(json, NULL);
    json_string(json, "kind", found->context ? "DC" : "DDTE");
    json_hex(json, "device_id", found->device_id);
    json_string(json, "device", device_name(found->device_id).text);
    json_number(json, "device_ids", found->device_ids);
    json_number(json, "level", found->level);
    json_hex(json, "address", found->address);
    json_string(json, "rule", found->rule == IOMMU_RULE_NONE ? "" : iommu_rule_name(found->rule));
    json_string(json, "trouble",
                found->trouble != NULL ? found->trouble : iommu_rule_text(found->rule));
    if (found->context) {
        context.pdtv = (found->value[0] & IOMMU_DC_TC_PDTV_MASK) != 0;
        context.sxl = (found->value[0] & IOMMU_DC_TC_SXL_MASK) != 0;
    }
    json_array(json, "words");
    json_words(json, found->context ? LAYOUT_DC : LAYOUT_DDTE, found->value, found->words,
               &context);
    json_end_array(json);
    json_end_object(json);
}
