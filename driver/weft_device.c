/* SPDX-License-Identifier: Apache-2.0 */
#include "weft_device.h"

#include "weft_string.h"

static uint64_t place_bytes(const weft_place *place) { return (uint64_t)place->n * place->h * place->row_pitch; }

static int clean(const weft_device *device, uint64_t offset, uint64_t bytes) {
  if (device->clean == NULL) return WEFT_OK;
  return device->clean(device->context, device->window + offset, (size_t)bytes) == 0 ? WEFT_OK : WEFT_E_CACHE;
}

static int invalidate(const weft_device *device, uint64_t offset, uint64_t bytes) {
  if (device->invalidate == NULL) return WEFT_OK;
  return device->invalidate(device->context, device->window + offset, (size_t)bytes) == 0 ? WEFT_OK : WEFT_E_CACHE;
}

static int load(weft_device *device, const weft_program *program) {
  int code;
  if (device->loaded == program->image) return WEFT_OK;
  code = weft_check_list(&device->bus, program->image, program->list_bytes);
  if (code != WEFT_OK) return code;
  device->loaded = NULL;
  memcpy(device->window, program->image, program->image_bytes);
  code = clean(device, 0, program->image_bytes);
  if (code == WEFT_OK) device->loaded = program->image;
  return code;
}

static int put_inputs(weft_device *device, const weft_input *inputs, size_t count) {
  int code = WEFT_OK;
  size_t i;
  for (i = 0; i < count && code == WEFT_OK; i++) {
    weft_put(device->window, &inputs[i].place, inputs[i].tensor);
    code = clean(device, inputs[i].place.offset, place_bytes(&inputs[i].place));
  }
  return code;
}

static int get_outputs(weft_device *device, const weft_output *outputs, size_t count) {
  size_t i;
  for (i = 0; i < count; i++) { /* all of them before the first is given: a failure leaves them as they were */
    const int code = invalidate(device, outputs[i].place.offset, place_bytes(&outputs[i].place));
    if (code != WEFT_OK) return code;
  }
  for (i = 0; i < count; i++) weft_get(device->window, &outputs[i].place, outputs[i].tensor);
  return WEFT_OK;
}

/* Whether a tensor lies in the program's window. */
static int lies_inside(const weft_program *program, const weft_place *place) {
  const uint64_t bytes = place_bytes(place);
  return bytes <= program->window_bytes && place->offset <= program->window_bytes - bytes &&
         (uint64_t)place->w * place->c <= place->row_pitch;
}

static int fits(const weft_device *device, const weft_program *program, const weft_input *inputs, size_t input_count,
                const weft_output *outputs, size_t output_count) {
  size_t i;
  if (program->window_bytes > device->window_bytes || program->image_bytes > program->window_bytes ||
      program->list_bytes > program->image_bytes)
    return 0;
  for (i = 0; i < input_count; i++)
    if (!lies_inside(program, &inputs[i].place) || inputs[i].place.offset < program->image_bytes) return 0;
  for (i = 0; i < output_count; i++)
    if (!lies_inside(program, &outputs[i].place)) return 0;
  return 1;
}

static int run_locked(weft_device *device, const weft_program *program, const weft_input *inputs, size_t input_count,
                      const weft_output *outputs, size_t output_count, uint32_t watchdog) {
  const weft_run run = {device->window_address, program->window_bytes, program->list_bytes, watchdog};
  int code = load(device, program);
  if (code == WEFT_OK) code = put_inputs(device, inputs, input_count);
  if (code == WEFT_OK) code = weft_start(&device->bus, &run);
  if (code != WEFT_OK) return code;
  code = weft_wait(&device->bus);
  return code == (int)WEFT_CODE_OK ? get_outputs(device, outputs, output_count) : code;
}

int weft_device_run(weft_device *device, const weft_program *program, const weft_input *inputs, size_t input_count,
                    const weft_output *outputs, size_t output_count, uint32_t watchdog) {
  int code;
  if (!fits(device, program, inputs, input_count, outputs, output_count)) return WEFT_E_MEMORY;
  if (device->lock != NULL) device->lock(device->context);
  code = run_locked(device, program, inputs, input_count, outputs, output_count, watchdog);
  if (device->unlock != NULL) device->unlock(device->context);
  return code;
}

int weft_device_init(weft_device *device) {
  int code;
  if (device->lock != NULL) device->lock(device->context);
  device->loaded = NULL;
  code = weft_init(&device->bus);
  if (device->unlock != NULL) device->unlock(device->context);
  return code;
}
