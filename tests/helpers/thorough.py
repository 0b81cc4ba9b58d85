"""Tests of many cases alike, of which a run takes some: each n-th, always the same ones.

All of them together take more than an hour on two cores, most of it in TensorFlow, which traces a function anew for
each net. `python3 scripts/test.py -m thorough -n auto` runs the others.
"""

# By the names of the test functions; 0 leaves out all.
EVERY = {
    # next to Keras: every optimizer, loss and metric, in files and in trainings
    "test_every_feature_travels_in_a_file_and_is_trained_on": 5,
    "test_whole_h5_models_of_keras_open_here_and_train_on": 8,
    "test_a_model_saved_here_opens_there_and_back": 8,
    "test_json_goes_both_ways": 5,
    "test_evaluate_and_predict_give_what_keras_gives": 5,
    "test_every_optimizer_trains_as_in_keras": 7,
    "test_every_loss_trains_as_in_keras": 5,
    "test_fifty_steps_end_as_in_keras": 4,
    "test_trainings_log_and_learn_the_same": 5,
    "test_every_step_is_keras": 5,
    "test_files_go_both_ways": 5,
    "test_models_travel_in_files": 3,
    "test_files_say_which_metrics_are_weighted": 2,
    "test_fit_visits_the_samples_in_keras_order_in_every_epoch": 4,
    "test_the_same_lines_give_the_same": 2,
    "test_metrics_of_arrays": 3,
    "test_activations_and_their_derivatives_at_all_sizes": 2,
    "test_the_training_is_keras": 2,
    "test_a_notebook_runs_from_top_to_bottom": 2,
    "test_both_engines_walk_alike": 2,
    "test_training_is_keras_training": 2,
    "test_weighted_trainings_log_and_learn_the_same": 3,
    "test_a_program_prints_the_same": 3,
    "test_epochs_in_float64_are_keras_to_the_fourteenth_decimal": 2,  # three epochs; not twenty
    "test_twenty_epochs_in_float32_stay_within_roundings_of_keras": 0,
    "test_keras_on_other_backends_is_recorded": 0,  # each of them takes ten seconds to be imported
    # runs with a page, which take twenty seconds each
    "test_other_nets_have_a_page_too": 2,
    # searches, in which each trial is a training, and each process takes seconds to begin
    "test_a_trial_whose_process_has_died_is_tried_again": 3,
    "test_wrong_use_is_said_in_one_line": 2,
    # programs of others, and mistakes in all the ways in which they are made
    "test_a_program_of_somebody_is_diagnosed": 8,
    "test_every_mistake_is_named_from_its_first_steps": 3,
    "test_a_mistake_in_a_random_net_is_named_or_does_not_show": 15,
    "test_a_step_of_keras_is_never_called_wrong": 2,
    "test_a_mistake_that_is_made_in_another_way_is_the_same_mistake": 3,
    "test_the_engine_is_as_it_was_once_a_mistake_is_gone": 2,
    "test_a_training_with_a_mistake_has_another_log": 2,
    # callbacks next to Keras', and the command, which is a process each time
    "test_early_stopping_decides_as_in_keras": 2,
    "test_model_checkpoint_saves_when_keras_does": 2,
    "test_callbacks_set_say_and_log_the_rates_of_keras": 2,
    "test_drawn_digits_are_recognised": 2,
    "test_an_interrupted_run_saves_what_there_is_and_says_where": 2,
    # kernels that have to be compiled: each formula in one of its forms
    "test_activations_and_their_derivatives": 3,
    "test_a_nan_is_not_lost": 2,
    # each instruction or moment at which a training may be stopped, with one thread and with two
    "test_ctrl_c_at_each_instruction_leaves_all_as_it_was": 4,
    # a hundred kills
    "test_every_file_loads_and_every_resumed_run_ends_the_same_after_kills_at_random_moments": 2,
}

# Cases that take longest of all.
LONG = {
    "test_a_program_prints_the_same[grid_search]",
    "test_a_program_prints_the_same[batch_norm_deep]",
    "test_ctrl_c_at_each_instruction_leaves_all_as_it_was[fit-1]",
    "test_the_suites_of_pytest_benchmark_run_on_both_engines[keras]",
}


def marked(items, mark):
    """Mark those of pytest's items that a run leaves out."""
    counts = {}
    for item in items:
        name = item.originalname if hasattr(item, "originalname") else item.name
        if name in EVERY:
            counts[name] = counts.get(name, -1) + 1
            if not EVERY[name] or counts[name] % EVERY[name]:
                item.add_marker(mark)
        if item.name in LONG:
            item.add_marker(mark)
