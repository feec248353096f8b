global using Inception;
global using Inception.Architecture;
global using Inception.Data;
global using Inception.Evaluation;
global using Inception.Training;
global using Inception.Training.Schedules;
global using TorchSharp;
global using static TorchSharp.torch;
